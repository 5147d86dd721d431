import pg from 'pg';
import { migrate } from '../../src/database/migrate.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary.js';

export interface Cluster {
  /** Connects as a superuser. */
  readonly url: string;
  stop(): Promise<void>;
}

const TEMPLATE = 'countersign_template';

/** A PostgreSQL without databases of its own, which loses what it has when the machine stops. */
export async function startCluster(): Promise<Cluster> {
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

/** Makes the migrated database there that test databases are clones of; returns its name. Where it cannot, the cluster is stopped. */
export async function makeTemplate(cluster: Cluster): Promise<string> {
  try {
    await migrateAnew(cluster.url);
    return TEMPLATE;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function migrateAnew(clusterUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl });
  await client.connect();
  try {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(TEMPLATE)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(TEMPLATE)}`);
  } finally {
    await client.end();
  }
  const url = new URL(clusterUrl);
  url.pathname = `/${TEMPLATE}`;
  await migrate(url.toString());
}
