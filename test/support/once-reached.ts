import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './service-client.js';

const MOST_TRIES = 10;
const RETRY_MS = 500;

/**
 * Asks for a verdict until there is one: on a machine that stands still for a second or two, or where much is asked at once, it
 * is not reached in time, and is `unknown` because it is `unavailable`. Any other answer is the one that counts.
 */
export async function onceReached(ask: () => Promise<Reply>): Promise<Reply> {
  for (let tries = 1; ; tries += 1) {
    const reply = await ask();
    if (reply.body?.reason !== 'unavailable' || tries === MOST_TRIES) return reply;
    await sleep(RETRY_MS);
  }
}
