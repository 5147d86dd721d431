import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './service-client.js';

const MOST_REFUSALS = 10;
const RETRY_MS = 1_000;

/** Asks again, as its remedy says, what was refused for load (503 `overloaded`) and for nothing else: lists are the first that are. */
export async function onceAdmitted<Body>(ask: () => Promise<Reply<Body>>): Promise<Reply<Body>> {
  for (let refusals = 0; ; refusals += 1) {
    const reply = await ask();
    const isRefused =
      reply.status === 503 && /\/overloaded$/.test(String((Object(reply.body) as { type?: unknown }).type));
    if (!isRefused || refusals === MOST_REFUSALS) return reply;
    await sleep(RETRY_MS);
  }
}
