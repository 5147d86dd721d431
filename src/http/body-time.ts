import type { IncomingMessage } from 'node:http';
import type { BodyTimeLimits } from './connection.js';
import { connectionOf } from './connections.js';
import { Problem } from './problem.js';
import { TimeLimitPassed, withinTimeLimit } from '../upkeep/time-limit.js';

/** While an import is waited for, this much must come; a client that sends less is not slow, it holds a connection. */
const LEAST_BYTES_PER_SECOND = 1_024;

/** Takes over from the limit on a body when its reading begins: from now on the reader sees to the time. */
export function importPace(request: IncomingMessage): ImportPace {
  const connection = connectionOf(request.socket);
  if (!connection) throw new Error('the connection of an import is not watched');
  connection.handOver();
  return new ImportPace(connection.bodyTime);
}

/** Bounds an import by what comes while it is waited for, and in all. What the service itself takes to write is not the client's slowness. */
export class ImportPace {
  private readonly end: number;
  private waited = 0;
  private bytes = 0;

  constructor(private readonly limits: BodyTimeLimits) {
    this.end = performance.now() + limits.importMs;
  }

  /** The next part of the body. @throws Problem 408 where too little came in the time of one request, or the import is over its time. */
  async waitFor(read: Promise<IteratorResult<Buffer>>): Promise<IteratorResult<Buffer>> {
    const { requestMs } = this.limits;
    for (;;) {
      const began = performance.now();
      const next = await readWithin(read, Math.max(0, Math.min(requestMs - this.waited, this.end - began)));
      if (next?.done) return next;
      this.waited += performance.now() - began;
      this.bytes += next?.value.length ?? 0;
      const windowOver = next === null || this.waited >= requestMs;
      if (performance.now() >= this.end || (windowOver && this.bytes < (requestMs / 1_000) * LEAST_BYTES_PER_SECOND))
        throw tooSlow();
      if (windowOver) [this.waited, this.bytes] = [0, 0];
      if (next !== null) return next;
    }
  }
}

/** Null where it does not come in time. */
async function readWithin(
  read: Promise<IteratorResult<Buffer>>,
  limitMs: number,
): Promise<IteratorResult<Buffer> | null> {
  try {
    return await withinTimeLimit(read, limitMs);
  } catch (error) {
    if (error instanceof TimeLimitPassed) return null;
    throw error;
  }
}

function tooSlow(): Problem {
  return new Problem('request-timeout', {
    detail: 'The import came too slowly, or took too long. What came before is taken; send it again, or in parts.',
    headers: { connection: 'close' },
  });
}
