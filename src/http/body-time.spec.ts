import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ImportPace } from './body-time.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A part of so many bytes that comes after so many milliseconds; without bytes, the end. */
const after = (milliseconds: number, bytes?: number): Promise<IteratorResult<Buffer>> =>
  new Promise((resolve) => {
    setTimeout(
      () =>
        resolve(bytes === undefined ? { done: true, value: undefined } : { done: false, value: Buffer.alloc(bytes) }),
      milliseconds,
    );
  });

async function outcome(...parts: (() => Promise<IteratorResult<Buffer>>)[]): Promise<string> {
  const pace = new ImportPace({ requestMs: 20_000, importMs: 600_000 });
  const all = (async () => {
    for (const part of parts) await pace.waitFor(part());
  })().then(
    () => 'taken',
    (error: { reason?: string }) => error.reason ?? 'other',
  );
  await vi.advanceTimersByTimeAsync(700_000);
  return all;
}

const times = (count: number, milliseconds: number, bytes: number) =>
  Array.from({ length: count }, () => () => after(milliseconds, bytes));
const end = (): Promise<IteratorResult<Buffer>> => after(1);

describe('the pace of an import', () => {
  it.each<[string, string, (() => Promise<IteratorResult<Buffer>>)[]]>([
    ['one that comes at once', 'taken', [...times(1_000, 0, 16_384), end]],
    ['one of a few lines that ends in time', 'taken', [...times(1, 19_000, 30), end]],
    ['nothing', 'request-timeout', [() => after(20_001, 30)]],
    ['a drip, however steady', 'request-timeout', times(1_000, 100, 50)],
    ['slow, and steady above the least', 'taken', [...times(500, 1_000, 1_100), end]],
    [
      'a lot, then nothing for longer than a request',
      'request-timeout',
      [...times(100, 0, 16_384), () => after(40_001, 16_384)],
    ],
    [
      'a lot, then a rest shorter than a request',
      'taken',
      [...times(100, 0, 16_384), () => after(19_000, 16_384), end],
    ],
    ['steady beyond the time of all imports', 'request-timeout', times(1_000, 1_000, 16_384)],
  ])('%s: %s', async (_what, expected, parts) => expect(await outcome(...parts)).toBe(expected));

  it('does not count what the service takes to write', async () => {
    const pace = new ImportPace({ requestMs: 20_000, importMs: 600_000 });
    for (let round = 0; round < 5; round += 1) {
      await vi.advanceTimersByTimeAsync(60_000);
      await pace.waitFor(Promise.resolve({ done: false, value: Buffer.alloc(10) }));
    }
  });

  it('passes on what breaks the body', async () => {
    await expect(
      new ImportPace({ requestMs: 20_000, importMs: 600_000 }).waitFor(Promise.reject(new Error('cut off'))),
    ).rejects.toThrow('cut off');
  });
});
