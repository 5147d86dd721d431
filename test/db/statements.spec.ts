import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import type { Statement } from '../../src/database/sql.js';
import { hasSqlState, TenantDatabase } from '../../src/database/tenant-database.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Described, describeStatements, loadStatements } from '../support/described-statements.js';
import { type RowUse, rowUses } from '../support/row-types.js';

const SNAPSHOT = 'test/db/statements.sql';
const READ_ONLY_SQL_TRANSACTION = '25006';

/** What writes although a connection that may only read lets it pass, where all its values are null. */
const UNREFUSED: Readonly<Record<string, string>> = {
  'campaigns.lockOpening': 'waits for a lock that no row has, until its transaction ends',
  'eventPartitions.analyze': 'its function does nothing where there are no events',
  'eventPartitions.drop': 'its function does nothing where no partition is named',
  'eventPartitions.keep': 'its function makes nothing where all are there',
  'log.lock': 'takes a lock that no row has, until its transaction ends',
  'pump.kick': 'adds a job, by a function, for each endpoint that is named',
  'pump.scheduleNext': 'adds a job, by a function, where something is due',
  'tenants.lock': 'takes a lock that no row has, until its transaction ends',
};

/** Functions that are not free of effects by their declaration, and that a read may call all the same. */
const VOLATILE: Readonly<Record<string, string>> = {
  clock_timestamp: 'what time it is',
  pg_cancel_backend: 'stops what a connection is doing, and no row shows it',
  pg_control_checkpoint: 'what a file of the server says',
  pg_control_recovery: 'what a file of the server says',
  pg_control_system: 'what a file of the server says',
  pg_current_wal_flush_lsn: 'how far the log has reached the disk',
  pg_current_wal_insert_lsn: 'how far the log is',
  pg_is_in_recovery: 'whether the server is a standby',
  pg_last_wal_replay_lsn: 'how far a standby is',
  pg_sequence_last_value: 'how far a sequence is; it stays there',
  uuid7: 'what time it is, and chance',
};

let database: TestDatabase;
let owner: pg.Client;
let tenant: TenantDatabase;
let described: Described[];
let byName: Map<string, Described>;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url, options: '-c countersign.tenant=northbank' });
  await owner.connect();
  const url = await ensureServiceLogin(database.url, 'statements');
  tenant = new TenantDatabase({ url, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 1 });
  described = await describeStatements(owner, await loadStatements());
  byName = new Map(described.map((one) => [one.statement.name, one]));
});
afterAll(async () => {
  await tenant.close();
  await owner.end();
  await database.drop();
});

/** Lines from the same left margin, without what surrounds them. */
function withoutMargin(text: string): string {
  const lines = text.trimEnd().split('\n');
  const first = lines.findIndex((line) => line.trim() !== '');
  const [head, ...rest] = lines.slice(first).map((line) => line.trimEnd());
  const margin = Math.min(
    ...[...(first === 0 ? [] : [head!]), ...rest].filter(Boolean).map((line) => line.search(/\S/)),
  );
  return [first === 0 ? head! : head!.slice(margin), ...rest.map((line) => line.slice(margin))].join('\n');
}

function block({ statement, parameters, columns }: Described): string {
  return [
    `-- ${statement.name}: ${statement.writes ? 'write' : statement.isForReplica ? 'read, also at a replica' : 'read'}`,
    ...parameters.map(({ name, type }, at) => `-- $${at + 1} ${name} ${type}`),
    ...columns.map(({ name, type }) => `-- > ${name} ${type}`),
    `${withoutMargin(statement.text)};`,
  ].join('\n');
}

/** Runs a statement where nothing but reads may run, with nulls for its values. Whether it was refused for that. */
async function isRefused(statement: Statement): Promise<boolean> {
  try {
    await tenant.query(
      { ...statement, writes: false },
      Object.fromEntries(statement.parameters.map((name) => [name, null])),
    );
    return false;
  } catch (error) {
    if (hasSqlState(error, READ_ONLY_SQL_TRANSACTION)) return true;
    throw new Error(statement.name, { cause: error });
  }
}

describe('the statements of the service', () => {
  it('are those of the snapshot; UPDATE_SNAPSHOTS=1 writes it anew', () => {
    const text = `-- Every statement, as the server describes it. Made by test/db/statements.spec.ts.\n\n${described.map(block).join('\n\n')}\n`;
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(SNAPSHOT, text);
    expect(text).toBe(readFileSync(SNAPSHOT, 'utf8'));
  });

  it('read where they say so', async () => {
    const refused: string[] = [];
    for (const { statement } of described)
      if (!statement.writes && (await isRefused(statement))) refused.push(statement.name);
    expect(refused).toEqual([]);
  });

  it('say that they write where they do not only read', async () => {
    const passed: string[] = [];
    for (const { statement } of described)
      if (statement.writes && !(await isRefused(statement))) passed.push(statement.name);
    expect(passed).toEqual(Object.keys(UNREFUSED));
  });

  it('call no function that may change something where they say that they read, but for those listed', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `SELECT DISTINCT proname AS name FROM pg_proc WHERE provolatile = 'v'`,
    );
    const effects = new Set(rows.map(({ name }) => name));
    const called = described
      .filter(({ statement }) => !statement.writes)
      .flatMap(({ statement }) => [...statement.text.matchAll(/\b([a-z_]\w*)\s*\(/gi)].map(([, name]) => name!))
      .filter((name) => effects.has(name));
    expect([...new Set(called)].sort()).toEqual(Object.keys(VOLATILE));
  });
});

/** As which types the driver gives a column. */
function kindOf(type: string): string | null {
  if (type.endsWith('[]')) return `${kindOf(type.slice(0, -2))}[]`;
  if (/^(integer|smallint|double precision|real|oid)$/.test(type)) return 'number';
  if (/^timestamp/.test(type)) return 'Date';
  if (/^jsonb?$/.test(type)) return null;
  return ({ boolean: 'boolean', bytea: 'Buffer' } as Record<string, string>)[type] ?? 'string';
}

function misfits({ place, names, row }: RowUse): string[] {
  if (names === null) return [`${place} does not say which statement it runs`];
  const wrong: string[] = [];
  const seen = new Set<string>();
  for (const name of names) {
    const columns = new Map(byName.get(name)!.columns.map((column) => [column.name, column.type]));
    for (const [property, { kinds, optional }] of row) {
      const type = columns.get(property);
      if (type === undefined) {
        if (!optional) wrong.push(`${place} ${name}: no column ${property}`);
        continue;
      }
      seen.add(property);
      const kind = kindOf(type);
      if (kind !== null && kinds.some((one) => one !== kind))
        wrong.push(`${place} ${name}: ${property} ${type} is no ${kinds.join(' or ')}`);
    }
    for (const column of row.size > 0 ? columns.keys() : [])
      if (!row.has(column)) wrong.push(`${place} ${name}: nobody reads ${column}`);
  }
  return [
    ...wrong,
    ...[...row.keys()].filter((one) => !seen.has(one)).map((one) => `${place}: no column ${one} at all`),
  ];
}

describe('what a store expects of rows', () => {
  const uses = rowUses();

  it('is what the statement gives: the names of its columns, and their types', () => {
    expect(uses.flatMap(misfits)).toEqual([]);
    expect(uses.filter(({ row }) => row.size > 0).length).toBeGreaterThan(100);
  });

  // On a use as the compiler found it, so that what finds the others is seen to work.
  it.each([
    ['a name that is no column', 'wrapped_key', 'wrapped', ['Buffer'], 'no column wrapped'],
    ['a column that nobody reads', 'wrapped_key', null, [], 'nobody reads wrapped_key'],
    ['another type', 'wrapped_key', 'wrapped_key', ['string'], 'wrapped_key bytea is no string'],
    ['one of two types', 'started_at', 'started_at', ['Date', 'string'], 'is no Date or string'],
    ['an array', 'id', 'id', ['string[]'], 'id uuid is no string[]'],
  ])('fails on %s', (_, property, other, kinds, says) => {
    const use = uses.find(({ names }) => names?.includes('calls.byId'))!;
    expect(misfits(use)).toEqual([]);
    const row = new Map(use.row);
    row.delete(property);
    if (other !== null) row.set(other, { kinds, optional: false });
    expect(misfits({ ...use, row }).join()).toContain(says);
    expect(misfits({ ...use, names: null })).toHaveLength(1);
  });

  it('is known of every statement', () => {
    const run = new Set(uses.flatMap(({ names }) => names ?? []));
    expect(described.map(({ statement }) => statement.name).filter((name) => !run.has(name))).toEqual([]);
  });
});
