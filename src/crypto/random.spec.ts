import { describe, expect, it } from 'vitest';
import { secureRandom } from './random.js';

describe('secureRandom', () => {
  it('gives as many bytes as were asked for, from the pool and beyond it', () => {
    for (const count of [0, 1, 12, 63, 64, 65, 5_000]) expect(secureRandom(count)).toHaveLength(count);
  });

  it('gives no nonce twice, over many fillings of the pool', () => {
    const nonces = Array.from({ length: 50_000 }, () => secureRandom(12));
    // Afterwards and not one by one: what was given out must not change when the pool is filled anew.
    expect(new Set(nonces.map((nonce) => nonce.toString('hex'))).size).toBe(nonces.length);
  });

  it('gives every byte about as often', () => {
    const counts = new Array<number>(256).fill(0);
    for (let draw = 0; draw < 20_000; draw += 1)
      for (const byte of secureRandom(13)) counts[byte] = (counts[byte] ?? 0) + 1;
    // 260,000 bytes: 1,016 of each expected, with a standard deviation of 32.
    for (const count of counts) expect(Math.abs(count - 1_015.6)).toBeLessThan(32 * 7);
  });

  it('keeps what it gives apart: whoever writes into one changes no other', () => {
    const [first, second] = [secureRandom(16), secureRandom(16)];
    const before = second.toString('hex');
    first.fill(0);
    expect(second.toString('hex')).toBe(before);
    expect(secureRandom(16).equals(Buffer.alloc(16))).toBe(false);
  });
});
