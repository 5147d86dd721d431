import { setTimeout as sleep } from 'node:timers/promises';

interface Answered {
  readonly status: number;
  readonly body: unknown;
}

const MOST_REFUSALS = 10;
const RETRY_MS = 1_000;
/** Evidence and claims wait 4 s for the log: for what else runs in the cluster and has a transaction open, and where a machine stands still. */
const NOT_SEALED_YET = /^The log is not sealed up to here yet/;

/**
 * Asks again, as its remedy says, what a machine that has much else to do refused for load (503 `overloaded`; lists are the first that are)
 * or because the log is not sealed yet, and nothing else: of neither is anything done. Whether it is refused is what
 * test/e2e/overload.spec.ts asks.
 */
export async function onceAdmitted<Told extends Answered>(ask: () => Promise<Told>): Promise<Told> {
  for (let refusals = 0; ; refusals += 1) {
    const reply = await ask();
    if (!isRefusedMeanwhile(reply) || refusals === MOST_REFUSALS) return reply;
    await sleep(RETRY_MS);
  }
}

/** The same for a request that no client of the tests sends. */
export async function fetchAdmitted(url: string, init?: RequestInit): Promise<Response> {
  const { response } = await onceAdmitted(async () => {
    const response = await fetch(url, init);
    const { status } = response;
    const body: unknown =
      status === 503
        ? await response
            .clone()
            .json()
            .catch(() => null)
        : null;
    return { response, status, body };
  });
  return response;
}

/** Whether nothing was done for load, or because the log was not sealed yet: then the same may be asked again. */
export function isRefusedMeanwhile({ status, body }: Answered): boolean {
  const { type, detail } = Object(body) as { type?: unknown; detail?: unknown };
  return status === 503 && (/\/overloaded$/.test(String(type)) || NOT_SEALED_YET.test(String(detail)));
}
