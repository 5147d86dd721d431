import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Loop, type LoopWork, type Round } from './loop.js';

let loop: Loop | undefined;
afterEach(() => loop?.stop());

/** A loop whose rounds last until they are ended, each by one call. */
function held(work: Partial<LoopWork> = {}) {
  const rounds: Round[] = [];
  const ends: ((outcome: number | Error | void) => void)[] = [];
  const waiting: (() => void)[] = [];
  loop = new Loop(
    {
      name: 'job',
      everyMs: 1,
      run: () =>
        new Promise((resolve, reject) => {
          ends.push((outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
          waiting.shift()?.();
        }),
      ...work,
    },
    (round) => rounds.push(round),
  );
  return {
    loop,
    rounds,
    begun: () => ends.length,
    /** Resolves when a round has begun that had not before. */
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    end: (outcome?: number | Error) => ends.at(-1)!(outcome),
  };
}

describe('a loop', () => {
  it('is still until it is woken, and then goes on', async () => {
    const { loop, next, end, begun, rounds } = held();
    await pause(20);
    expect(begun()).toBe(0);
    loop.wake();
    await next();
    end();
    await next();
    end();
    await next();
    expect(rounds).toHaveLength(2);
    expect(rounds[0]).toMatchObject({ name: 'job', failed: false });
    end();
  });

  it('never has two rounds at once, and takes up after one what came during it', async () => {
    const { loop, next, end, begun } = held({ everyMs: 3_600_000 });
    loop.now();
    expect(loop.isRunning).toBe(true);
    loop.now();
    loop.wake();
    expect(begun()).toBe(1);
    const second = next();
    end();
    await second;
    end();
    await pause(20);
    expect(begun()).toBe(2);
    expect(loop.isRunning).toBe(false);
  });

  it('takes the earliest time at which it was woken', async () => {
    const { loop, next, end, begun } = held({ everyMs: 3_600_000 });
    loop.wake(3_600_000);
    loop.wake(1);
    loop.wake(3_600_000);
    await next();
    end();
    await pause(20);
    expect(begun()).toBe(1);
  });

  it('goes on after a round that failed, when it is due and not when it was woken meanwhile', async () => {
    const errors: string[] = [];
    const { loop, next, end, begun, rounds } = held({
      retryMs: 3_600_000,
      failed: (error) => void errors.push(error.message),
    });
    loop.now();
    loop.wake();
    end(new Error('down'));
    await pause(20);
    expect(begun()).toBe(1);
    expect(errors).toEqual(['down']);
    expect(rounds).toMatchObject([{ failed: true }]);
    const second = next();
    loop.wake();
    await second;
    end();
  });

  it('waits as long as the round says', async () => {
    const { loop, end, begun } = held();
    loop.now();
    end(3_600_000);
    await pause(20);
    expect(begun()).toBe(1);
  });

  it('is stopped once the round under way is over, and has none after it', async () => {
    const { loop, end, begun } = held();
    loop.now();
    loop.wake();
    let stopped = false;
    const stopping = loop.stop().then(() => {
      stopped = true;
    });
    await pause(20);
    expect(stopped).toBe(false);
    end();
    await stopping;
    loop.wake();
    loop.now();
    await pause(20);
    expect(begun()).toBe(1);
  });
});
