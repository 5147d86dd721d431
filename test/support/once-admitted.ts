import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './service-client.js';

const MOST_REFUSALS = 10;
const RETRY_MS = 1_000;
/** What else runs in the cluster has a transaction open, for which evidence and claims wait 4 s and say so. */
const HELD_BY_ANOTHER = /a transaction that is open in the database holds it back/;

/**
 * Asks again, as its remedy says, what was refused for load (503 `overloaded`; lists are the first that are) or because of another spec's
 * transaction, and for nothing else: of neither is anything done.
 */
export async function onceAdmitted<Body>(ask: () => Promise<Reply<Body>>): Promise<Reply<Body>> {
  for (let refusals = 0; ; refusals += 1) {
    const reply = await ask();
    if (!isRefusedMeanwhile(reply) || refusals === MOST_REFUSALS) return reply;
    await sleep(RETRY_MS);
  }
}

function isRefusedMeanwhile({ status, body }: Reply<unknown>): boolean {
  const { type, detail } = Object(body) as { type?: unknown; detail?: unknown };
  return status === 503 && (/\/overloaded$/.test(String(type)) || HELD_BY_ANOTHER.test(String(detail)));
}
