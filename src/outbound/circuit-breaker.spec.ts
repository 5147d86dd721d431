import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CircuitBreaker, CircuitOpen } from './circuit-breaker.js';

describe('CircuitBreaker', () => {
  let clock: number;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    clock = 1_000;
    breaker = new CircuitBreaker({ failures: 3, openForMs: 100 }, () => clock);
  });

  const succeed = () => breaker.run(() => Promise.resolve('ok'));
  const fail = () => breaker.run(() => Promise.reject(new Error('down')));
  const failTimes = async (times: number) => {
    for (let i = 0; i < times; i += 1) await expect(fail()).rejects.toThrow('down');
  };

  it('opens after that many failures in a row, and starts nothing while open', async () => {
    await failTimes(2);
    await expect(succeed()).resolves.toBe('ok');
    await failTimes(2);
    expect(breaker.state).toBe('closed');
    await failTimes(1);
    expect(breaker.state).toBe('open');
    clock += 99;
    let started = false;
    await expect(
      breaker.run(() => {
        started = true;
        return Promise.resolve();
      }),
    ).rejects.toThrow(CircuitOpen);
    expect(started).toBe(false);
  });

  it('lets one probe through after that time, and no other beside it', async () => {
    await failTimes(3);
    clock += 100;
    expect(breaker.state).toBe('half_open');
    let finish: (value: string) => void = () => undefined;
    const probe = breaker.run(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    );
    await expect(succeed()).rejects.toThrow(CircuitOpen);
    finish('ok');
    await expect(probe).resolves.toBe('ok');
    expect(breaker.state).toBe('closed');
    await failTimes(2);
    expect(breaker.state).toBe('closed');
  });

  it('opens for as long again where the probe fails', async () => {
    await failTimes(3);
    clock += 100;
    await failTimes(1);
    expect(breaker.state).toBe('open');
    clock += 99;
    await expect(succeed()).rejects.toThrow(CircuitOpen);
    clock += 1;
    await expect(succeed()).resolves.toBe('ok');
    expect(breaker.state).toBe('closed');
  });

  it('takes no notice, once open, of how earlier operations end', async () => {
    let finish: (value: string) => void = () => undefined;
    let breakOff: (cause: Error) => void = () => undefined;
    const good = breaker.run(
      () =>
        new Promise<string>((resolve) => {
          finish = resolve;
        }),
    );
    const bad = breaker.run(
      () =>
        new Promise<string>((_, reject) => {
          breakOff = reject;
        }),
    );
    await failTimes(3);
    finish('late');
    await expect(good).resolves.toBe('late');
    expect(breaker.state).toBe('open');
    clock += 90;
    breakOff(new Error('late'));
    await expect(bad).rejects.toThrow('late');
    clock += 10;
    expect(breaker.state).toBe('half_open');
  });

  it('never starts an operation within that time of the failure that opened it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ fails: fc.boolean(), wait: fc.integer({ min: 0, max: 60 }) }), { maxLength: 60 }),
        async (steps) => {
          let now = 0;
          const own = new CircuitBreaker({ failures: 3, openForMs: 100 }, () => now);
          let inARow = 0;
          let openedAt = -Infinity;
          for (const { fails, wait } of steps) {
            now += wait;
            const startedAt = now;
            const wasClosed = own.state === 'closed';
            const outcome = await own
              .run(() => (fails ? Promise.reject(new Error()) : Promise.resolve()))
              .then(
                () => 'ok',
                (cause: unknown) => (cause instanceof CircuitOpen ? 'refused' : 'failed'),
              );
            if (outcome === 'refused') {
              expect(startedAt - openedAt).toBeLessThan(100);
              continue;
            }
            expect(startedAt - openedAt).toBeGreaterThanOrEqual(wasClosed ? 0 : 100);
            inARow = fails ? inARow + 1 : 0;
            if (own.state === 'open') openedAt = now;
            expect(own.state === 'closed').toBe(inARow < 3 || !fails);
          }
        },
      ),
    );
  });
});
