import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyedWork } from '../../src/database/keyed-work.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TimeLimitPassed } from '../../src/upkeep/time-limit.js';
import { isUniqueViolation, TenantDatabase, type TenantHandle } from '../../src/database/tenant-database.js';
import { read as reads, sql, write as writes } from '../../src/database/sql.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Tripwire } from '../support/tripwire.js';

let database: TestDatabase;
let serviceUrl: string;
let owner: pg.Pool;
let db: TenantDatabase;
let tenants = 0;
let told: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 2 });
  owner.on('error', () => undefined);
  serviceUrl = await ensureServiceLogin(database.url, 'keyed');
  await owner.query(
    'CREATE TABLE things (name text PRIMARY KEY, value integer NOT NULL CHECK (value < 100)); GRANT SELECT, UPDATE, INSERT ON things TO countersign_service',
  );
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  await owner.query('TRUNCATE things');
  told = [];
  db = new TenantDatabase({
    url: serviceUrl,
    tenantId: `tenant${(tenants += 1)}`,
    sharedConnections: 1,
    writeConnections: 1,
    pooledConnections: 1,
  });
});
afterEach(() => {
  vi.useRealTimers();
  return db.close();
});

const put = writes('test.put', sql`INSERT INTO things VALUES (:name, :value) RETURNING pg_backend_pid() AS pid`);
const read = reads('test.read', sql`SELECT name, value, pg_backend_pid() AS pid FROM things WHERE name = :name`);
const broken = reads('test.broken', sql`SELECT 1 / (length(:name) - length(:name)) AS none`);

const work = (keepEarly: (tx: TenantHandle, answer: unknown) => Promise<void> = async () => undefined): KeyedWork =>
  new KeyedWork(db, keepEarly);
const names = async (): Promise<string[]> =>
  (await owner.query<{ name: string }>('SELECT name FROM things ORDER BY name')).rows.map(({ name }) => name);
const openTransactions = async (): Promise<number> =>
  (
    await owner.query(
      `SELECT FROM pg_stat_activity WHERE application_name = $1 AND state LIKE 'idle in transaction%'`,
      [`countersign ${db.tenantId}`],
    )
  ).rows.length;
const keep = async (tx: TenantHandle): Promise<void> => void (await tx.query(put, { name: 'answer', value: 0 }));

describe('what a request does under a key', () => {
  it('is seen by nobody else before it ends, and by itself at once; then it is there with the answer', async () => {
    const mine = work();
    expect(await mine.query(read, { name: 'a' })).toEqual([]);
    expect(await openTransactions()).toBe(0);
    await mine.query(put, { name: 'a', value: 1 });
    await mine.transaction(async (tx) => tx.query(put, { name: 'b', value: 1 }));
    expect(await mine.query(read, { name: 'b' })).toMatchObject([{ value: 1 }]);
    expect(await db.query(read, { name: 'a' })).toEqual([]);
    expect(await names()).toEqual([]);
    expect(await openTransactions()).toBe(1);
    await mine.end(keep);
    expect(await names()).toEqual(['a', 'answer', 'b']);
    expect(await openTransactions()).toBe(0);
  });

  it('is taken back whole where its answer cannot be kept, or where it is given up', async () => {
    const mine = work();
    await mine.query(put, { name: 'a', value: 1 });
    await expect(
      mine.end(async (tx) => {
        await tx.query(broken, { name: 'x' }).catch(() => {
          throw new Error('somebody else has the key');
        });
      }),
    ).rejects.toThrow('somebody else has the key');
    const other = work();
    await other.query(put, { name: 'b', value: 1 });
    await other.abandon();
    expect(await names()).toEqual([]);
    expect(mine.isOutcomeUnknown).toBe(false);
    await db.query(put, { name: 'after', value: 1 });
    expect(await names()).toEqual(['after']);
  });

  it('ends with one statement, behind which it commits', async () => {
    const mine = work();
    await mine.query(put, { name: 'a', value: 1 });
    await expect(
      mine.end(async (tx) => {
        await keep(tx);
        await tx.query(put, { name: 'second', value: 1 });
      }),
    ).rejects.toThrow(/only one statement/);
    expect(await names()).toEqual(['a', 'answer']);
    const none = work();
    await none.query(put, { name: 'b', value: 1 });
    await expect(none.end(async () => undefined)).rejects.toThrow();
    expect(await names()).toEqual(['a', 'answer']);
  });

  it('needs no second connection, and gives its one back: of twenty with one between them each is done', async () => {
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const mine = work();
        await mine.query(put, { name: `first ${n}`, value: 1 });
        await mine.transaction(async (tx) => {
          await tx.query(put, { name: `second ${n}`, value: 1 });
          expect(await tx.query(read, { name: `first ${n}` })).toHaveLength(1);
        });
        expect(await mine.query(read, { name: `second ${n}` })).toHaveLength(1);
        await mine.end(async (tx) => void (await tx.query(put, { name: `answer ${n}`, value: 1 })));
      }),
    );
    expect(await names()).toHaveLength(60);
  });

  it('does one after the other what is asked at once, and a part that fails takes nothing of another with it', async () => {
    const mine = work();
    const parts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        n % 3 === 2
          ? mine.query(put, { name: `single ${n}`, value: n % 2 === 0 ? 500 : 1 })
          : mine.transaction(async (tx) => {
              await tx.query(put, { name: `part ${n}`, value: 1 });
              await tx.query(read, { name: `part ${n}` });
              await tx.query(put, { name: `rest of ${n}`, value: n % 2 === 0 ? 500 : 1 });
            }),
      ),
    );
    expect(parts.map(({ status }) => status)).toEqual(
      Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? 'rejected' : 'fulfilled')),
    );
    await mine.end(keep);
    expect(await names()).toEqual([
      'answer',
      'part 1',
      'part 3',
      'part 7',
      'part 9',
      'rest of 1',
      'rest of 3',
      'rest of 7',
      'rest of 9',
      'single 11',
      'single 5',
    ]);
  });

  it.each([0, 1])('goes on after a violation that was foreseen, %i statements in', async (before) => {
    const mine = work();
    await db.query(put, { name: 'taken', value: 1 });
    for (let n = 0; n < before; n += 1) await mine.query(put, { name: `before ${n}`, value: 1 });
    for (const name of ['taken', 'taken', 'free']) {
      await mine.query(put, { name, value: 1 }).catch((error: unknown) => {
        if (!isUniqueViolation(error, 'things_pkey')) throw error;
      });
    }
    await expect(mine.query(broken, { name: 'x' })).rejects.toThrow('division by zero');
    await mine.end(keep);
    expect(await names()).toEqual(['answer', ...(before ? ['before 0'] : []), 'free', 'taken']);
  });

  it('asks nobody outside while it holds what it wrote', async () => {
    const mine = work();
    expect(await mine.outside(async () => 'asked')).toBe('asked');
    await mine.query(put, { name: 'a', value: 1 });
    await expect(mine.outside(async () => 'asked')).rejects.toThrow(/transaction is open/);
    await mine.abandon();
  });

  it('does nothing more once it has ended: what was left to itself cannot commit on its own', async () => {
    for (const [name, end] of [
      ['a', (mine: KeyedWork) => mine.end(keep)],
      ['b', (mine: KeyedWork) => mine.abandon()],
    ] as const) {
      const mine = work();
      await mine.query(put, { name, value: 1 });
      await end(mine);
      await expect(mine.query(put, { name: 'late', value: 1 })).rejects.toThrow(/has ended/);
      await expect(mine.query(read, { name: 'a' })).rejects.toThrow(/has ended/);
      await expect(mine.transaction(async (tx) => tx.query(put, { name: 'late', value: 1 }))).rejects.toThrow(
        /has ended/,
      );
    }
    expect(await names()).toEqual(['a', 'answer']);
  });

  it('is refused to a part that waits for the whole, which would wait for it', async () => {
    const mine = work();
    await mine.query(put, { name: 'a', value: 1 });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const part = expect(
      mine.transaction(async (tx) => {
        await tx.query(put, { name: 'b', value: 1 });
        const stuck = mine.query(put, { name: 'c', value: 1 });
        vi.advanceTimersByTime(12_000);
        await stuck;
      }),
    ).rejects.toThrow(TimeLimitPassed);
    await part;
    vi.useRealTimers();
    await mine.end(keep);
    expect(await names()).toEqual(['a', 'answer']);
  });
});

describe('what is told', () => {
  it('is told after the commit, of parts that stand alone; what was made in memory for others is taken back', async () => {
    const mine = work();
    mine.afterCommit(() => told.push('before anything'));
    await mine.transaction(async (tx) => {
      await tx.query(put, { name: 'a', value: 1 });
      tx.afterCommit(() => told.push('stands'));
      tx.afterRollback(() => told.push('never'));
    });
    await mine
      .transaction(async (tx) => {
        tx.afterCommit(() => told.push('never'));
        tx.afterRollback(() => told.push('part taken back'));
        await tx.query(put, { name: 'b', value: 500 });
      })
      .catch(() => undefined);
    expect(told).toEqual(['part taken back']);
    await mine.end(keep);
    expect(told).toEqual(['part taken back', 'before anything', 'stands']);
  });

  it('is not told where it all was taken back', async () => {
    const mine = work();
    mine.afterCommit(() => told.push('never'));
    await mine.transaction(async (tx) => {
      await tx.query(put, { name: 'a', value: 1 });
      tx.afterCommit(() => told.push('never'));
      tx.afterRollback(() => told.push('taken back'));
    });
    await expect(
      mine.end(async () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(told).toEqual(['taken back']);
  });

  it('is told at once where there is no key, and of a transaction when it has committed', async () => {
    db.afterCommit(() => told.push('at once'));
    await db.transaction(async (tx) => {
      await tx.query(put, { name: 'a', value: 1 });
      tx.afterCommit(() => told.push('after'));
      expect(told).toEqual(['at once']);
    });
    await db
      .transaction(async (tx) => {
        tx.afterCommit(() => told.push('never'));
        tx.afterRollback(() => told.push('taken back'));
        await tx.query(put, { name: 'b', value: 500 });
      })
      .catch(() => undefined);
    expect(told).toEqual(['at once', 'after', 'taken back']);
  });
});

describe('an early answer', () => {
  it('commits what was done, and from then on each statement commits by itself', async () => {
    const kept: unknown[] = [];
    const mine = work(async (tx, answer) => {
      kept.push(answer);
      await tx.query(put, { name: 'early', value: 1 });
    });
    await mine.query(put, { name: 'a', value: 1 });
    mine.afterCommit(() => told.push('a'));
    await mine.commitWith({ done: 'a' });
    expect([kept, told, await names()]).toEqual([[{ done: 'a' }], ['a'], ['a', 'early']]);
    expect(mine.isAnsweredEarly).toBe(true);
    await mine.query(put, { name: 'b', value: 1 });
    expect(await names()).toEqual(['a', 'b', 'early']);
    await mine.end(keep);
    expect(await names()).toEqual(['a', 'answer', 'b', 'early']);
  });
});

describe('a connection that breaks', () => {
  const pid = async (mine: KeyedWork): Promise<number> =>
    (await mine.query<{ pid: number }>(read, { name: 'a' }))[0]!.pid;

  it('in the middle takes back what was done, and nothing is done in its place on another', async () => {
    const mine = work();
    await mine.query(put, { name: 'a', value: 1 });
    await owner.query('SELECT pg_terminate_backend($1)', [await pid(mine)]);
    await expect(mine.query(put, { name: 'b', value: 1 })).rejects.toThrow();
    await expect(mine.query(put, { name: 'c', value: 1 })).rejects.toThrow();
    await expect(mine.end(keep)).rejects.toThrow();
    expect(mine.isOutcomeUnknown).toBe(false);
    expect(await names()).toEqual([]);
    await db.query(put, { name: 'after', value: 1 });
    expect(await names()).toEqual(['after']);
  });

  it.each([
    ['before the commit reaches the server', 'asked', false],
    ['before its answer comes back', 'answered', true],
  ] as const)('%s leaves the outcome unknown', async (_name, when, committed) => {
    let cut: () => void = () => undefined;
    const wire = await Tripwire.start({ statement: 'work.commit', when, answer: 'COMMIT' }, 1, () => cut());
    cut = () => wire.cut();
    const through = new TenantDatabase({
      url: wire.addressOf(serviceUrl),
      tenantId: db.tenantId,
      sharedConnections: 1,
      writeConnections: 1,
      pooledConnections: 1,
    });
    const mine = new KeyedWork(through, async () => undefined);
    mine.afterCommit(() => told.push('never'));
    await mine.query(put, { name: 'a', value: 1 });
    await expect(mine.end(keep)).rejects.toThrow();
    expect(mine.isOutcomeUnknown).toBe(true);
    expect(told).toEqual([]);
    expect(await names()).toEqual(committed ? ['a', 'answer'] : []);
    await Promise.all([through.close(), wire.stop()]);
  });
});
