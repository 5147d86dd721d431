import type { LogNow } from '@countersign/client';

const TIME_LIMIT_MS = 10_000;
/** More than a note with a hundred signatures, or a proof, has. */
const MOST_BYTES = 64 * 1024;

/**
 * Reads what a log answers to somebody who kept a checkpoint of so many leaves: its newest one and, where it is larger, the
 * proof that joins them. @throws Error where the service does not answer, or with more than that.
 */
export async function readLogNow(url: string, tenant: string | undefined, keptSize: number | null): Promise<LogNow> {
  const note = await getText(addressOf(url, '/log/checkpoint', { tenant }));
  const size = Number(note.split('\n')[1]);
  if (keptSize === null || keptSize < 1 || !Number.isSafeInteger(size) || size <= keptSize) return { note };
  const answer = await getText(
    addressOf(url, '/log/consistency', { tenant, first: String(keptSize), second: String(size) }),
  );
  const consistency = readProof(answer);
  return consistency ? { note, consistency } : { note };
}

/** Null where there is none: nothing of what was answered is told. */
function readProof(answer: string): string[] | null {
  try {
    const { proof } = JSON.parse(answer) as { proof?: unknown };
    return Array.isArray(proof) && proof.every((hash) => typeof hash === 'string') ? (proof as string[]) : null;
  } catch {
    return null;
  }
}

function addressOf(base: string, path: string, query: Readonly<Record<string, string | undefined>>): URL {
  const url = new URL(base.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

async function getText(url: URL): Promise<string> {
  let response: Response;
  try {
    response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  } catch {
    throw new Error(`${url.origin} does not answer.`);
  }
  if (!response.ok) throw new Error(`${url.pathname} answers ${response.status}.`);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response.body!) {
    parts.push(Buffer.from(part as Uint8Array));
    if ((length += parts.at(-1)!.length) > MOST_BYTES) throw new Error(`${url.pathname} answers with too much.`);
  }
  return Buffer.concat(parts).toString('utf8');
}
