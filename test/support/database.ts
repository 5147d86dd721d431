import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { makeTemplate, startCluster } from './cluster.js';

/** Any constant will do; it lets one test at a time copy the template, to which nobody else may be connected. */
const CLONE_LOCK = 7_265_002;

let ownUrl: string | undefined;

/** Connects as a superuser of the cluster in which this spec file's databases are. */
export function clusterUrl(): string {
  if (ownUrl !== undefined) return ownUrl;
  const urls = inject('clusterUrls');
  return urls[Number(process.env.VITEST_POOL_ID) % urls.length]!;
}

/**
 * Gives the databases of this spec file a cluster of their own from now on, in which nobody else has a transaction open:
 * for what tells of any in the cluster. Returns what ends it.
 */
export async function useOwnCluster(): Promise<() => Promise<void>> {
  const cluster = await startCluster();
  await makeTemplate(cluster);
  ownUrl = cluster.url;
  return async () => {
    ownUrl = undefined;
    await cluster.stop();
  };
}

async function onCluster(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl() });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  /** Connects as the owner. */
  readonly url: string;
  drop(): Promise<void>;
}

async function create(template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onCluster(async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [CLONE_LOCK]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${pg.escapeIdentifier(template)}`);
  });
  const url = new URL(clusterUrl());
  url.pathname = `/${name}`;
  const drop = (): Promise<void> =>
    onCluster(async (client) => void (await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)));
  return { url: url.toString(), drop };
}

/** A migrated, empty database of the test's own. */
export function createTestDatabase(): Promise<TestDatabase> {
  return create(inject('templateDatabase'));
}

/** A database in which nothing has been migrated yet. */
export function createBareDatabase(): Promise<TestDatabase> {
  return create('template0');
}
