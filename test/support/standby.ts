import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { plainPath } from '../../bench/drills/plain-path.js';
import { findPrograms, PostgresNode } from '../../bench/drills/postgres-node.js';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary.js';

/** A primary with streaming standbys, and a cluster that has nothing to do with them. */
export interface Standbys {
  readonly primary: PostgresNode;
  readonly replica: PostgresNode;
  readonly other: PostgresNode;
  readonly stranger: PostgresNode;
  /** The names of the prepared statements that ran at the replica so far, each once. */
  statementsAtReplica(): Promise<string[]>;
  remove(): Promise<void>;
}

const EXECUTED = /LOG: {2}execute ([\w.-]+):/g;

/** @param database made on the primary before it is copied */
export async function startStandbys(database: string): Promise<Standbys> {
  const directory = await makeTemporaryFolder();
  const programs = await findPrograms(directory);
  const [primary, replica, other, stranger] = await Promise.all(
    ['primary', 'replica', 'other', 'stranger'].map(
      async (name) => new PostgresNode(name, directory, programs, await plainPath()),
    ),
  );
  const quick = { fsync: 'off', wal_retrieve_retry_interval: '100ms', wal_keep_size: '256MB', max_connections: '200' };
  await Promise.all([primary!.make(quick), stranger!.make(quick)]);
  await Promise.all([primary!.start(), stranger!.start()]);
  await primary!.sql('postgres', `CREATE DATABASE ${database}`, `CREATE DATABASE ${database}_else`);
  await replica!.copyFrom(primary!, { log_statement: 'all' });
  await other!.copyFrom(primary!);
  await Promise.all([replica!.start(), other!.start()]);
  const all = [primary!, replica!, other!, stranger!];
  return {
    primary: primary!,
    replica: replica!,
    other: other!,
    stranger: stranger!,
    statementsAtReplica: async () => {
      const log = await readFile(join(directory, 'replica.log'), 'utf8');
      return [...new Set([...log.matchAll(EXECUTED)].map(([, name]) => name!))].sort();
    },
    remove: async () => {
      await Promise.all(all.map((node) => node.kill()));
      await removeTemporaryFolder(directory);
    },
  };
}
