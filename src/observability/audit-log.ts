import { once } from 'node:events';
import { openSync } from 'node:fs';
import { destination, type Logger } from 'pino';
import type { Counter } from 'prom-client';
import { type AuditedRequest, auditEvent } from './audit-event.js';

const OWNER_ALONE = 0o600;
const WRITTEN_TOGETHER_BYTES = 4_096;
const WRITTEN_AFTER_MS = 50;
/** What waits for a disk that takes nothing; beyond it lines are lost, and counted. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
const TELL_EVERY_MS = 60_000;

/** Where each request of somebody who is known is told, a line of JSON each. */
export interface AuditLog {
  write(request: AuditedRequest): void;
  /** Writes what waits, and closes. */
  close(): Promise<void>;
}

/**
 * Appends to a file that is its owner's alone, whole lines, within 50 ms; several processes may append to one.
 * What cannot be written is counted and told, and stops nobody's request.
 * @throws Error where the file cannot be opened
 */
export function openAuditLog(file: string, logger: Logger, failures: Counter<'kind'>): AuditLog {
  const stream = destination({
    // Opened here: a stream that could not open its file would go on trying to write to none.
    fd: openSync(file, 'a', OWNER_ALONE),
    sync: false,
    minLength: WRITTEN_TOGETHER_BYTES,
    maxLength: MOST_WAITING_BYTES,
    periodicFlush: WRITTEN_AFTER_MS,
  });
  let toldAt = -Infinity;
  const tell = (why: string | undefined): void => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = performance.now();
    logger.error({ why }, 'the audit log cannot be written');
  };
  stream.on('error', (error: NodeJS.ErrnoException) => {
    failures.inc({ kind: 'write' });
    tell(error.code);
  });
  stream.on('drop', () => {
    failures.inc({ kind: 'lost' });
    tell('too much waits for it');
  });
  return {
    write: (request) => void stream.write(`${JSON.stringify(auditEvent(request))}\n`),
    close: async () => {
      const closed = once(stream, 'close').catch(() => undefined);
      stream.end();
      await closed;
    },
  };
}
