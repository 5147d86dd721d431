import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { onceASecond } from './repeated-lines.js';

const lines: any[] = [];
const logger = pino(
  { base: null, timestamp: false, hooks: { logMethod: onceASecond() } },
  new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  }),
);

beforeEach(() => {
  vi.useFakeTimers();
  lines.splice(0);
});
afterEach(() => {
  vi.advanceTimersByTime(5_000);
  vi.useRealTimers();
});

describe('a line of the log', () => {
  it('that comes again within a second is counted, and written again after it, for as long as it goes on', () => {
    for (let at = 0; at < 99; at += 1) {
      logger.error(
        { requestId: `r${at}`, problem: 'temporarily-unavailable', cause: { code: '53100' } },
        'The service cannot answer just now.',
      );
      vi.advanceTimersByTime(30);
    }
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({ requestId: 'r0' });
    expect(lines[0]).not.toHaveProperty('repeated');
    expect(lines[1]).toMatchObject({ repeated: 33, msg: 'The service cannot answer just now.' });
    vi.advanceTimersByTime(10_000);
    expect(lines).toHaveLength(4);
    expect(lines.reduce((all, { repeated }) => all + (repeated ?? 1), 0)).toBe(99);
  });

  it('that says something else is written, whatever came before', () => {
    logger.warn({ tenant: 'northbank', code: '53100' }, 'could not sweep');
    logger.warn({ tenant: 'southbank', code: '53100' }, 'could not sweep');
    logger.warn({ tenant: 'northbank', code: '53300' }, 'could not sweep');
    logger.error({ tenant: 'northbank', code: '53100' }, 'could not sweep');
    logger.warn({ tenant: 'northbank', code: '53100' }, 'could not seal');
    logger.error({ cause: { stack: 'at one' } }, 'failed');
    logger.error({ cause: { stack: 'at another' } }, 'failed');
    expect(lines).toHaveLength(7);
  });

  it('that is no warning is written each time, through a child too', () => {
    const child = logger.child({ part: 'requests' });
    for (let at = 0; at < 5; at += 1) child.info({ status: 200 }, 'request');
    expect(lines).toHaveLength(5);
    for (let at = 0; at < 5; at += 1) child.warn('slow');
    vi.advanceTimersByTime(1_000);
    expect(lines.slice(5)).toEqual([
      { level: 40, part: 'requests', msg: 'slow' },
      { level: 40, part: 'requests', repeated: 4, msg: 'slow' },
    ]);
  });

  it('that holds an error itself is written each time', () => {
    for (let at = 0; at < 3; at += 1) logger.error(new Error('x'));
    for (let at = 0; at < 3; at += 1) logger.error({ err: new Error(String(at)) }, 'failed');
    expect(lines).toHaveLength(6);
  });

  it('that cannot be compared is written each time', () => {
    const values: Record<string, unknown> = { tenant: 'northbank' };
    values.itself = values;
    for (let at = 0; at < 3; at += 1) logger.warn(values, 'odd');
    expect(lines).toHaveLength(3);
  });
});
