import fc from 'fast-check';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { PrimaryClient } from '../../src/database/primary-client.js';
import { Primary } from '../../src/database/primary.js';
import { Scarcity } from '../../src/database/scarcity.js';
import { SharedConnection } from '../../src/database/shared-connection.js';
import { read as reads, sql, write as writes, writeUrgently } from '../../src/database/sql.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { SharedLanes } from '../../src/database/tenant-lanes.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

vi.setConfig({ testTimeout: 120_000 });
const TENANTS = Array.from({ length: 12 }, (_, n) => `bank-${n}`);
const APPLICATION = 'countersign tenants';

let database: TestDatabase;
let serviceUrl: string;
let owner: pg.Client;
let primary: Primary;
let lanes: SharedLanes;
let banks: TenantDatabase[];

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  serviceUrl = await ensureServiceLogin(database.url, 'together');
  // As the tables of migrations: nothing in a statement names the tenant.
  await owner.query(`
    CREATE TABLE notes (
      tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'), id text NOT NULL, author text NOT NULL,
      PRIMARY KEY (tenant_id, id));
    ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
    CREATE POLICY tenant ON notes USING (tenant_id = current_setting('countersign.tenant', true));
    GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO countersign_service`);
});
afterAll(async () => {
  await owner.end();
  await database.drop();
});
beforeEach(async () => {
  await owner.query('TRUNCATE notes');
  await owner.query(`INSERT INTO notes SELECT t, 'first', t FROM unnest($1::text[]) t`, [TENANTS]);
  share({ sharedConnections: 3, writeConnections: 3, pooledConnections: 2 });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await lanes.close();
  primary.close();
  await expect.poll(() => openConnections(), { timeout: 60_000 }).toBe(0);
});

function share(sizes: { sharedConnections: number; writeConnections: number; pooledConnections: number }): void {
  primary = new Primary({ url: serviceUrl });
  const scarcity = new Scarcity();
  lanes = new SharedLanes(sizes, primary, scarcity);
  const common = { url: serviceUrl, primary, scarcity, shared: lanes, ...sizes };
  banks = TENANTS.map((tenantId) => new TenantDatabase({ ...common, tenantId }));
}

async function openConnections(): Promise<number> {
  const { rows } = await owner.query(
    'SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1',
    [APPLICATION],
  );
  return rows.length;
}

interface Note {
  tenant_id: string;
  author: string;
  tenant: string;
  pid: number;
}
const SEEN = sql`tenant_id, author, current_setting('countersign.tenant', true) AS tenant, pg_backend_pid() AS pid`;
const all = reads('together.all', sql`SELECT ${SEEN} FROM notes`);
const add = writes('together.add', sql`INSERT INTO notes (id, author) VALUES (:id, :author) RETURNING ${SEEN}`);
const addUrgently = writeUrgently(
  'together.addUrgently',
  sql`INSERT INTO notes (id, author) VALUES (:id, :author) RETURNING ${SEEN}`,
);
const lock = writes('together.lock', sql`UPDATE notes SET author = author WHERE id = 'first' RETURNING ${SEEN}`);
const fail = writes('together.fail', sql`UPDATE notes SET author = (1 / (length(author) * 0))::text`);

const DOINGS = [
  'read',
  'write',
  'urgent',
  'commit',
  'roll back',
  'fail',
  'fail within',
  'leave open',
  'leave aborted',
  'cut',
] as const;
type Doing = (typeof DOINGS)[number];
type BindingFault = 'none' | 'lost' | 'refused' | 'refused within' | 'within' | 'cut';

class Model {
  /** What was acknowledged, by tenant. */
  readonly kept = new Set<string>();
  readonly takenBack = new Set<string>();
  readonly wrong: string[] = [];
  served = 0;

  see(bank: TenantDatabase, rows: readonly Note[]): void {
    this.served += 1;
    for (const { tenant_id: tenantId, author, tenant } of rows)
      if ([tenantId, author, tenant].some((whose) => whose !== bank.tenantId))
        this.wrong.push(`${bank.tenantId} saw ${tenantId}, ${author}, ${tenant}`);
    if (rows.length === 0) this.wrong.push(`${bank.tenantId} saw nothing`);
  }

  async do(bank: TenantDatabase, doing: Doing, id: string): Promise<void> {
    const note = { id, author: bank.tenantId };
    const name = `${bank.tenantId} ${id}`;
    switch (doing) {
      case 'read':
        return this.see(bank, await bank.query<Note>(all, {}));
      case 'write':
      case 'urgent':
        this.see(bank, await bank.query<Note>(doing === 'write' ? add : addUrgently, note));
        return void this.kept.add(name);
      case 'commit':
        await bank.transaction(async (tx) => {
          this.see(bank, await tx.query<Note>(add, note));
          this.see(bank, await tx.query<Note>(all, {}));
        });
        return void this.kept.add(name);
      case 'roll back':
        this.takenBack.add(name);
        return bank.transaction(async (tx) => {
          this.see(bank, await tx.query<Note>(add, note));
          throw new Error('taken back');
        });
      case 'fail':
        await bank.query(fail, {});
        return;
      case 'fail within':
        this.takenBack.add(name);
        return bank.transaction(async (tx) => {
          await tx.query<Note>(add, note);
          await tx.query(fail, {});
        });
      case 'leave open':
      case 'leave aborted':
        return this.leave(bank, doing === 'leave aborted', note);
      case 'cut':
        await owner.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 ORDER BY random() LIMIT 1`,
          [APPLICATION],
        );
    }
  }

  /** What no code may do: a connection is given back with its transaction still open. */
  private async leave(bank: TenantDatabase, isAborted: boolean, note: { id: string; author: string }): Promise<void> {
    this.takenBack.add(`${bank.tenantId} ${note.id}`);
    const connection = await bank.reserve();
    try {
      await connection.query({ text: 'BEGIN' });
      await connection.query({ text: add.text, values: [note.id, note.author] });
      if (isAborted) await connection.query({ text: 'SELECT 1/0' }).catch(() => undefined);
    } finally {
      connection.release(false);
    }
  }
}

/** Has bindings fail where the driver hands them to the server, as told one after the other. */
function provoke(faults: readonly BindingFault[]): { bindings: number; failed: number } {
  const counted = { bindings: 0, failed: 0 };
  const ask = PrimaryClient.prototype.query as (this: PrimaryClient, config: pg.QueryConfig) => Promise<unknown>;
  vi.spyOn(PrimaryClient.prototype, 'query').mockImplementation(function (this: PrimaryClient, config: any): any {
    if (config.name !== 'platform.bindTenant') return ask.call(this, config);
    const fault = faults[counted.bindings % faults.length]!;
    counted.bindings += 1;
    if (fault === 'none') return ask.call(this, config);
    counted.failed += 1;
    if (fault === 'lost') return Promise.reject(new Error('never sent'));
    if (fault === 'refused') return ask.call(this, { text: 'SELECT $1::text, 1/0', values: config.values });
    if (fault === 'cut') this.cut();
    else ask.call(this, { text: 'BEGIN' }).catch(() => undefined);
    if (fault === 'refused within') ask.call(this, { text: 'SELECT 1/0' }).catch(() => undefined);
    return ask.call(this, config);
  });
  return counted;
}

describe('connections that all tenants share', () => {
  it('show nothing to a statement for which nobody named a tenant, and take nothing from it', async () => {
    const connection = await SharedConnection.open(
      { connectionString: serviceUrl, application_name: APPLICATION },
      () => undefined,
    );
    expect(await connection.query({ text: 'SELECT * FROM notes' })).toEqual([]);
    const { rows: tables } = await owner.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND NOT c.relispartition`,
    );
    expect(tables.length).toBeGreaterThan(20);
    await owner.query(
      `INSERT INTO lines (tenant_id, number, use, label) VALUES ('bank-0', '+442079460100', 'outbound', 'a')`,
    );
    for (const { name } of tables)
      await connection.query({ text: `SELECT FROM ${pg.escapeIdentifier(name)} LIMIT 1` }).then(
        (rows) => expect([name, rows]).toEqual([name, []]),
        (error: { code?: string }) => expect([name, error.code]).toEqual([name, '42501']),
      );
    await expect(connection.query({ text: `INSERT INTO notes (id, author) VALUES ('x', 'x')` })).rejects.toThrow(
      /countersign.tenant/,
    );
    await connection.bindTo('bank-0');
    expect(await connection.query({ text: 'SELECT number FROM lines' })).toHaveLength(1);
    await connection.bindTo('bank-1');
    expect(await connection.query({ text: 'SELECT number FROM lines' })).toEqual([]);
    await connection.close();
  });

  it('never show one the rows of another, whatever of bindings, statements, transactions and connections fails', async () => {
    const step = fc.record({ bank: fc.nat(TENANTS.length - 1), doing: fc.constantFrom(...DOINGS) });
    const faults = fc.array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constant<BindingFault>('none') },
        { weight: 1, arbitrary: fc.constantFrom<BindingFault>('lost', 'refused', 'refused within', 'within', 'cut') },
      ),
      { minLength: 1, maxLength: 20 },
    );
    let [run, served, failed, bindings] = [0, 0, 0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), faults, async (steps, planned) => {
        run += 1;
        const counted = provoke(planned);
        const model = new Model();
        await Promise.allSettled(steps.map(({ bank, doing }, n) => model.do(banks[bank]!, doing, `${run}-${n}`)));
        vi.restoreAllMocks();
        served += model.served;
        failed += counted.failed;
        bindings += counted.bindings;
        expect(model.wrong).toEqual([]);
        const { rows } = await owner.query<{ tenant_id: string; id: string; author: string }>('SELECT * FROM notes');
        expect(rows.filter(({ tenant_id: tenantId, author }) => tenantId !== author)).toEqual([]);
        const there = new Set(rows.map(({ tenant_id: tenantId, id }) => `${tenantId} ${id}`));
        expect([...model.kept].filter((name) => !there.has(name))).toEqual([]);
        expect([...model.takenBack].filter((name) => there.has(name))).toEqual([]);
        // One that was ended is seen until its process has gone.
        await expect.poll(() => openConnections()).toBeLessThanOrEqual(8);
      }),
      { numRuns: 60 },
    );
    // Else nothing was tried.
    expect(served).toBeGreaterThan(500);
    expect(bindings).toBeGreaterThan(500);
    expect(failed).toBeGreaterThan(50);
  });

  it.each<BindingFault>(['lost', 'refused', 'refused within', 'within', 'cut'])(
    'close one whose binding is %s before anything is asked on it, and serve by another',
    async (fault) => {
      await lanes.close();
      share({ sharedConnections: 1, writeConnections: 1, pooledConnections: 1 });
      const [first] = await banks[0]!.query<Note>(all, {});
      provoke([fault]);
      await expect(banks[1]!.query(all, {})).rejects.toThrow();
      vi.restoreAllMocks();
      const [second] = await banks[1]!.query<Note>(all, {});
      expect(second).toMatchObject({ tenant_id: 'bank-1', tenant: 'bank-1' });
      expect(second!.pid).not.toBe(first!.pid);
    },
  );

  it('stay with their tenant without being told again, and are told again after a transaction that was taken back', async () => {
    const { bindings } = await watched(async () => {
      for (let n = 0; n < 20; n += 1) await banks[0]!.query(all, {});
    });
    expect(bindings).toBe(1);
    await expect(
      banks[0]!.transaction(async (tx) => {
        await tx.query(lock, {});
        throw new Error('taken back');
      }),
    ).rejects.toThrow('taken back');
    const seen = await banks[1]!.transaction((tx) => tx.query<Note>(all, {}));
    expect(seen.map(({ tenant }) => tenant)).toEqual(['bank-1']);
    const again = await banks[0]!.transaction((tx) => tx.query<Note>(all, {}));
    expect(again.map(({ tenant }) => tenant)).toEqual(['bank-0']);
  });

  it('serve every tenant while one floods them with statements that wait for a lock', async () => {
    await lanes.close();
    share({ sharedConnections: 4, writeConnections: 5, pooledConnections: 4 });
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query(`SELECT FROM notes WHERE tenant_id = 'bank-0' AND id = 'first' FOR UPDATE`);
    let settled = 0;
    const flood = Array.from({ length: 200 }, (_, n) => {
      const one = n % 2 === 0 ? banks[0]!.query(lock, {}) : banks[0]!.transaction((tx) => tx.query(lock, {}));
      return one.then(
        () => (settled += 1),
        () => (settled += 1),
      );
    });
    const model = new Model();
    await Promise.all(
      banks
        .slice(1)
        .flatMap((bank, n) => [
          model.do(bank, 'write', `other-${n}`),
          model.do(bank, 'urgent', `urgent-${n}`),
          model.do(bank, 'commit', `whole-${n}`),
          model.do(bank, 'read', ''),
        ]),
    );
    expect(settled).toBe(0);
    // Its own verdicts too, and what it reads.
    await model.do(banks[0]!, 'urgent', 'own');
    await model.do(banks[0]!, 'read', '');
    expect(settled).toBe(0);
    expect(model.wrong).toEqual([]);
    await holder.query('ROLLBACK');
    await holder.end();
    await Promise.all(flood);
  });
});

async function watched(work: () => Promise<void>): Promise<{ bindings: number }> {
  const counted = provoke(['none']);
  await work();
  vi.restoreAllMocks();
  return counted;
}
