import { LRUCache } from 'lru-cache';
import type { Standing } from './standing.js';

const MINUTE_MS = 60_000;
/** Beyond this many clients in a minute the one that was not heard of for longest is forgotten. */
const MOST_CLIENTS = 50_000;

/** How often one client may do something in a minute, at this process: a bucket that fills again evenly. */
export class PerClientLimit {
  readonly #buckets = new LRUCache<string, { left: number; at: number }>({ max: MOST_CLIENTS });

  constructor(
    private readonly perMinute: number,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Takes one, where there is one; until there is another: 0 seconds where there is still one. */
  take(client: string): Standing {
    const now = this.now();
    const bucket = this.#buckets.get(client) ?? { left: this.perMinute, at: now };
    const left = Math.min(this.perMinute, bucket.left + ((now - bucket.at) * this.perMinute) / MINUTE_MS);
    const isAllowed = left >= 1;
    const rest = isAllowed ? left - 1 : left;
    this.#buckets.set(client, { left: rest, at: now });
    return {
      isAllowed,
      quota: this.perMinute,
      left: Math.floor(rest),
      resetSeconds: rest >= 1 ? 0 : ((1 - rest) * MINUTE_MS) / this.perMinute / 1_000,
    };
  }
}
