import { randomBytes, randomFillSync } from 'node:crypto';

const pool = Buffer.allocUnsafeSlow(4_096);
const MOST_FROM_POOL = 64;
let left = 0;

/**
 * Random bytes of the system's CSPRNG. Few at a time are drawn from a pool, since a call for twelve costs as much as one
 * for thousands; what was given out is gone from the pool.
 */
export function secureRandom(count: number): Buffer {
  if (count > MOST_FROM_POOL) return randomBytes(count);
  if (left < count) {
    randomFillSync(pool);
    left = pool.length;
  }
  left -= count;
  const bytes = Buffer.from(pool.subarray(left, left + count));
  pool.fill(0, left, left + count);
  return bytes;
}
