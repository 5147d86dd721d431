import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { migrate } from '../../src/database/migrate.js';
import { makeTemporaryFolder, removeFoldersOfDeadRuns, removeTemporaryFolder } from './temporary.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connects as a superuser of the cluster that this run uses. */
    clusterUrl: string;
    /** The migrated database that test databases are clones of. */
    templateDatabase: string;
  }
}

async function startCluster(): Promise<{ url: string; stop(): Promise<void> }> {
  const directory = await makeTemporaryFolder();
  const server: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDirectory: directory,
    database: 'postgres',
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      max_connections: '300',
      max_locks_per_transaction: '256',
    },
    log: () => undefined,
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await removeTemporaryFolder(directory);
  };
  return { url: server.url, stop };
}

async function makeTemplate(clusterUrl: string, template: string): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(template)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(template)}`);
  } finally {
    await client.end();
  }
  const url = new URL(clusterUrl);
  url.pathname = `/${template}`;
  await migrate(url.toString());
}

/** One PostgreSQL for the whole run, with a migrated database to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeFoldersOfDeadRuns();
  const external = process.env.TEST_DATABASE_URL;
  const cluster = external ? { url: external, stop: () => Promise.resolve() } : await startCluster();
  const template = 'countersign_template';
  try {
    await makeTemplate(cluster.url, template);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  project.provide('clusterUrl', cluster.url);
  project.provide('templateDatabase', template);
  return () => cluster.stop();
}
