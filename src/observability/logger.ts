import type { LoggerService } from '@nestjs/common';
import { destination, type Logger, pino } from 'pino';
import { traceFields } from './tracing.js';
import { onceASecond } from './repeated-lines.js';

/** One of several processes that log to the same place. */
export interface ProcessName {
  readonly process: number;
  readonly pid: number;
}

/** POSIX: what is written to a pipe at once and is no longer than this (PIPE_BUF on Linux) is not cut by what others write. */
const WRITTEN_WHOLE_BYTES = 4_096;

/** Lines under load go out together: a system call and a thread that wakes for each cost as much as all the rest of logging. */
const WRITTEN_TOGETHER_BYTES = 2_048;
const WRITTEN_AFTER_MS = 50;

/** The structured log, on standard output, within 50 ms; what is not written yet when the process ends is written then. Redaction is the second line: nothing personal is logged in the first place. */
export function createLogger(level: string, process?: ProcessName, isTraced = false): Logger {
  return pino(
    {
      level,
      base: process,
      timestamp: pino.stdTimeFunctions.isoTime,
      ...(isTraced ? { mixin: traceFields } : {}),
      hooks: { logMethod: onceASecond() },
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'req.headers',
          'headers',
          '*.authorization',
          '*.number',
          '*.phoneNumbers',
          '*.purpose',
          '*.code',
          '*.jws',
          '*.proof',
          '*.body',
        ],
        remove: true,
      },
    },
    destination({
      sync: false,
      minLength: WRITTEN_TOGETHER_BYTES,
      periodicFlush: WRITTEN_AFTER_MS,
      ...(process ? { maxWrite: WRITTEN_WHOLE_BYTES } : {}),
    }),
  );
}

/** Nest's own messages through the same log. */
export function nestLogger(logger: Logger): LoggerService {
  const write =
    (level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      logger[level](
        { context: typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined },
        message instanceof Error ? message.message : String(message),
      );
    };
  return {
    log: write('debug'),
    error: write('error'),
    warn: write('warn'),
    debug: write('debug'),
    verbose: write('trace'),
    fatal: write('fatal'),
  };
}
