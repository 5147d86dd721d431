import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { MIGRATIONS } from '../../src/database/migrate.js';

type Runner = Parameters<InstanceType<(typeof MIGRATIONS)[number]>['up']>[0];

/** Each release: its last migration, and the master key under which its rows were sealed. Its files stand in test/migrations/released. */
export const RELEASES = [
  {
    version: '0.1.0',
    last: 'NativeTimeOrderedIds1764000074000',
    masterKey: 'FS37Pc3jfLHER/daJPnaLWUCtpk61ZCUGSMe/NpKOJU=',
  },
] as const;
export type Release = (typeof RELEASES)[number];

const fileOf = ({ version }: Release, name: string): string =>
  readFileSync(join('test/migrations/released', version, name), 'utf8');

/** The catalog that the release made of an empty database. */
export const catalogOf = (release: Release): string => fileOf(release, 'catalog.txt');

/** Every statement of the release, by name, with its parameters numbered. */
export const statementsOfRelease = (release: Release): Record<string, string> =>
  JSON.parse(fileOf(release, 'statements.json')) as Record<string, string>;

/** Brings an empty database to where a version stood that knew only the first `count` migrations. */
export async function migrateFirst(client: pg.Client, count: number): Promise<void> {
  const runner = { query: async (text: string) => (await client.query(text)).rows } as unknown as Runner;
  await client.query(
    'CREATE TABLE migrations (id serial CONSTRAINT "PK_8c82d7f526340ab734260ea46be" PRIMARY KEY, timestamp bigint NOT NULL, name varchar NOT NULL)',
  );
  for (const Migration of MIGRATIONS.slice(0, count)) {
    await new Migration().up(runner);
    await client.query('INSERT INTO migrations (timestamp, name) VALUES ($1, $2)', [
      /\d+$/.exec(Migration.name)![0],
      Migration.name,
    ]);
  }
}

/** How many of today's migrations the release had. */
export const countOf = ({ last }: Release): number => MIGRATIONS.findIndex(({ name }) => name === last) + 1;

/** Brings an empty database to where the release stood after its demo: its schema, and the rows that it wrote itself. */
export async function restoreRelease(client: pg.Client, release: Release): Promise<void> {
  await migrateFirst(client, countOf(release));
  await client.query(
    `SET session_replication_role = replica; SELECT set_config('countersign.tenant', 'northbank', false)`,
  );
  for (const { table, row } of rowsOf(release)) {
    const columns = Object.keys(row).join(', ');
    await client.query(
      `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE SELECT ${columns} FROM jsonb_populate_record(NULL::${table}, $1)`,
      [JSON.stringify(row)],
    );
  }
  await client.query(`SELECT setval('events_sequence', max(sequence)) FROM events`);
  await client.query('RESET session_replication_role; RESET countersign.tenant');
}

/** What the release had written, a row at a time. */
export function rowsOf(release: Release): { table: string; row: Record<string, unknown> }[] {
  return fileOf(release, 'rows.ndjson')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { table: string; row: Record<string, unknown> });
}
