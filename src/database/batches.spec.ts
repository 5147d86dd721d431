import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Batches, type BatchesOptions } from './batches.js';

interface Batch {
  readonly items: readonly number[];
  finish(): void;
  fail(error: Error): void;
}

const tenTimes = (items: readonly number[]): number[] => items.map((item) => item * 10);

describe('batches', () => {
  let begun: Batch[] = [];
  afterEach(() => {
    begun = [];
  });

  /** Batches that end when the test says so. */
  function make(change: Partial<BatchesOptions<number, number>> = {}): Batches<number, number> {
    return new Batches<number, number>({
      work: (items) =>
        new Promise((resolve, reject) => begun.push({ items, finish: () => resolve(tenTimes(items)), fail: reject })),
      atOnce: 2,
      most: 3,
      tryApart: () => false,
      ...change,
    });
  }

  const items = (): (readonly number[])[] => begun.map((batch) => batch.items);
  const numbers = (from: number, to: number): number[] =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  it('begin with an item that comes alone in the turn in which it came, also beside one that is under way', async () => {
    const batches = make();
    const first = batches.do(1);
    await nextTurn();
    expect(items()).toEqual([[1]]);
    const second = batches.do(2);
    await nextTurn();
    expect(items()).toEqual([[1], [2]]);
    begun[1]!.finish();
    expect(await second).toBe(20);
    begun[0]!.finish();
    expect(await first).toBe(10);
  });

  it('hold together, in their order, the items of one turn', async () => {
    const batches = make();
    const all = Promise.all(numbers(1, 3).map((item) => batches.do(item)));
    await nextTurn();
    expect(items()).toEqual([[1, 2, 3]]);
    begun[0]!.finish();
    expect(await all).toEqual([10, 20, 30]);
  });

  it('are no more at once, and no larger, than they may be; what comes meanwhile waits for the first that ends, in its order', async () => {
    const batches = make();
    const all = Promise.all(numbers(1, 8).map((item) => batches.do(item)));
    await nextTurn();
    const late = batches.do(9);
    const later = batches.do(10);
    await nextTurn();
    expect(items()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    begun[1]!.finish();
    await nextTurn();
    expect(items()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]);
    begun[0]!.finish();
    await nextTurn();
    expect(items()).toHaveLength(4);
    expect(items()[3]).toEqual([10]);
    begun[2]!.finish();
    begun[3]!.finish();
    expect(await all).toEqual(tenTimes(numbers(1, 8)));
    expect([await late, await later]).toEqual([90, 100]);
  });

  it('fail as a whole, and fail no others, where their items are not tried apart', async () => {
    const batches = make();
    const all = Promise.allSettled(numbers(1, 7).map((item) => batches.do(item)));
    await nextTurn();
    const error = new Error('the database is gone');
    begun[0]!.fail(error);
    await nextTurn();
    begun[1]!.finish();
    begun[2]!.finish();
    const [one, two, three, ...others] = await all;
    for (const outcome of [one, two, three]) expect(outcome).toEqual({ status: 'rejected', reason: error });
    expect(others).toEqual([40, 50, 60, 70].map((value) => ({ status: 'fulfilled', value })));
    expect(items()).toEqual([[1, 2, 3], [4, 5, 6], [7]]);
  });

  it('fail only the item that cannot be done, where they are tried apart, and it is tried apart once', async () => {
    const asked: unknown[] = [];
    const batches = make({
      tryApart: (error) => {
        asked.push(error);
        return true;
      },
    });
    const all = Promise.allSettled(numbers(1, 3).map((item) => batches.do(item)));
    await nextTurn();
    const together = new Error('one of them is bad');
    begun[0]!.fail(together);
    await nextTurn();
    expect(items()).toEqual([[1, 2, 3], [1], [2], [3]]);
    const alone = new Error('this one is bad');
    begun[2]!.fail(alone);
    begun[3]!.finish();
    begun[1]!.finish();
    expect(await all).toEqual([
      { status: 'fulfilled', value: 10 },
      { status: 'rejected', reason: alone },
      { status: 'fulfilled', value: 30 },
    ]);
    expect(asked).toEqual([together]);
    expect(begun).toHaveLength(4);
  });

  it('make room for the next once the last of their items that were tried apart is done', async () => {
    const batches = make({ atOnce: 1, tryApart: () => true });
    const all = Promise.allSettled(numbers(1, 4).map((item) => batches.do(item)));
    await nextTurn();
    begun[0]!.fail(new Error());
    await nextTurn();
    begun[1]!.finish();
    begun[2]!.finish();
    await nextTurn();
    expect(items()).toEqual([[1, 2, 3], [1], [2], [3]]);
    begun[3]!.finish();
    await nextTurn();
    expect(items().at(-1)).toEqual([4]);
    begun[4]!.finish();
    expect((await all).map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => 'fulfilled'));
  });

  it('fail on what their work throws at once', async () => {
    const batches = make({
      work: () => {
        throw new Error('thrown');
      },
    });
    await expect(batches.do(1)).rejects.toThrow('thrown');
    await expect(batches.do(2)).rejects.toThrow('thrown');
  });
});

describe('batches of items that can be done alone as well', () => {
  let [begun, apart]: [Batch[], Batch[]] = [[], []];
  afterEach(() => {
    [begun, apart] = [[], []];
  });

  /** Both end when the test says so; a batch leaves out what is in `left`. */
  function make(left: readonly number[] = [], change: Partial<BatchesOptions<number, number>> = {}) {
    return new Batches<number, number>({
      work: (items) =>
        new Promise((resolve, reject) =>
          begun.push({
            items,
            finish: () => resolve(items.map((item) => (left.includes(item) ? undefined : item * 10))),
            fail: reject,
          }),
        ),
      alone: (item) =>
        new Promise((resolve, reject) =>
          apart.push({ items: [item], finish: () => resolve(item * 100), fail: reject }),
        ),
      atOnce: 1,
      most: 3,
      tryApart: () => true,
      ...change,
    });
  }
  const items = (of: readonly Batch[]): (readonly number[])[] => of.map((batch) => batch.items);

  it('do alone what comes by itself while nothing is under way, and nothing waits for it', async () => {
    const batches = make();
    const first = batches.do(1);
    await nextTurn();
    expect([items(begun), items(apart)]).toEqual([[], [[1]]]);
    const second = batches.do(2);
    await nextTurn();
    expect([items(begun), items(apart)]).toEqual([[[2]], [[1]]]);
    begun[0]!.finish();
    expect(await second).toBe(20);
    apart[0]!.finish();
    expect(await first).toBe(100);
    const third = batches.do(3);
    await nextTurn();
    expect(items(apart)).toEqual([[1], [3]]);
    apart[1]!.finish();
    expect(await third).toBe(300);
  });

  it('do alone what a batch left out, and the next batch does not wait for it', async () => {
    const batches = make([2]);
    const all = Promise.all([1, 2, 3].map((item) => batches.do(item)));
    await nextTurn();
    const next = batches.do(4);
    begun[0]!.finish();
    await nextTurn();
    expect([items(begun), items(apart)]).toEqual([[[1, 2, 3], [4]], [[2]]]);
    begun[1]!.finish();
    expect(await next).toBe(40);
    apart[0]!.finish();
    expect(await all).toEqual([10, 200, 30]);
  });

  it('do each alone where a batch failed on one of them, and fail none where it failed for all', async () => {
    const batches = make();
    const all = Promise.allSettled([1, 2].map((item) => batches.do(item)));
    await nextTurn();
    begun[0]!.fail(new Error('one of them is bad'));
    await nextTurn();
    expect(items(apart)).toEqual([[1], [2]]);
    apart[0]!.fail(new Error('this one is bad'));
    apart[1]!.finish();
    expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);

    const away = make([], { tryApart: () => false });
    const gone = Promise.allSettled([1, 2].map((item) => away.do(item)));
    await nextTurn();
    begun[1]!.fail(new Error('the database is away'));
    expect((await gone).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(apart).toHaveLength(2);
  });

  it('never hold two of one key, which keep their order, however they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 }), async (keys) => {
        const done: number[] = [];
        const batches = new Batches<number, number>({
          work: async (items) => {
            expect(new Set(items.map((item) => keys[item])).size).toBe(items.length);
            done.push(...items);
            await nextTurn();
            return tenTimes(items);
          },
          atOnce: 1,
          most: 3,
          tryApart: () => false,
          keyOf: (item) => String(keys[item]),
        });
        expect(await Promise.all(keys.map((_, item) => batches.do(item)))).toEqual(keys.map((_, item) => item * 10));
        for (const key of new Set(keys)) {
          const own = done.filter((item) => keys[item] === key);
          expect(own).toEqual([...own].sort((a, b) => a - b));
        }
      }),
    );
  });
});

describe('batches, however items and ends of batches interleave,', () => {
  const bounds = { atOnce: fc.integer({ min: 1, max: 4 }), most: fc.integer({ min: 1, max: 5 }) };
  /** How many items come in each turn. */
  const arrivals = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 25 });

  /** Lets the items come, and between them whatever the scheduler picks end, until all is done. */
  async function play(
    scheduler: fc.Scheduler,
    arriving: readonly number[],
    batches: Batches<number, number>,
    atRest: (came: number) => void = () => undefined,
  ): Promise<PromiseSettledResult<number>[]> {
    const results: Promise<number>[] = [];
    const endOne = async (): Promise<void> => {
      await scheduler.waitOne();
      await nextTurn();
      atRest(results.length);
    };
    for (const count of arriving) {
      for (let n = 0; n < count; n += 1) {
        const result = batches.do(results.length);
        result.catch(() => undefined);
        results.push(result);
      }
      await nextTurn();
      atRest(results.length);
      if (count % 2 === 1 && scheduler.count() > 0) await endOne();
    }
    while (scheduler.count() > 0) await endOne();
    return Promise.allSettled(results);
  }

  it('give each item its own result, once and in the order of coming, within their bounds, and leave no place empty while items wait', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), arrivals, fc.record(bounds), async (scheduler, arriving, { atOnce, most }) => {
        let underWay = 0;
        const done: number[] = [];
        const batches = new Batches<number, number>({
          atOnce,
          most,
          tryApart: () => false,
          work: async (items) => {
            underWay += 1;
            expect(underWay).toBeLessThanOrEqual(atOnce);
            expect(items.length).toBeGreaterThan(0);
            expect(items.length).toBeLessThanOrEqual(most);
            done.push(...items);
            await scheduler.schedule(Promise.resolve());
            underWay -= 1;
            return tenTimes(items);
          },
        });
        const results = await play(scheduler, arriving, batches, (came) =>
          expect(done.length === came || underWay === atOnce).toBe(true),
        );
        expect(done).toEqual(results.map((_, item) => item));
        expect(results).toEqual(tenTimes(done).map((value) => ({ status: 'fulfilled', value })));
        expect(underWay).toBe(0);
      }),
    );
  });

  it('fail exactly the bad items where they are tried apart, and else exactly the batches with a bad one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        arrivals,
        fc.record(bounds),
        fc.func(fc.integer({ min: 0, max: 5 })),
        fc.boolean(),
        async (scheduler, arriving, { atOnce, most }, luck, tryApart) => {
          const bad = (item: number): boolean => luck(item) === 0;
          const inBatch = new Map<number, readonly number[]>();
          const batches = new Batches<number, number>({
            atOnce,
            most,
            tryApart: () => tryApart,
            work: async (items) => {
              for (const item of items) if (!inBatch.has(item)) inBatch.set(item, items);
              await scheduler.schedule(Promise.resolve());
              if (items.some(bad)) throw new Error(String(items));
              return tenTimes(items);
            },
          });
          const results = await play(scheduler, arriving, batches);
          results.forEach((result, item) => {
            const blamed = tryApart ? [item] : inBatch.get(item)!;
            if (blamed.some(bad)) expect(result).toEqual({ status: 'rejected', reason: new Error(String(blamed)) });
            else expect(result).toEqual({ status: 'fulfilled', value: item * 10 });
          });
        },
      ),
    );
  });
});
