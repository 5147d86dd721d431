import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService } from '../support/service.js';

/** What tells the ids of PostgreSQL's own; those of the log begin at an epoch of its own (docs/decisions/0078). */
const BARE = /pg_current_(?:snapshot|xact_id)|txid_current/;

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('the order of the log', () => {
  it('is told by log_snapshot() and log_xact_id() in every statement of the service', () => {
    const sources = ['src', 'scripts', 'bench']
      .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)))
      // A drill that restores a cluster asks for that cluster's own ids.
      .filter((file) => file.endsWith('.ts') && !file.startsWith(join('bench', 'drills', 'restore-')));
    expect(sources.filter((file) => readFileSync(file, 'utf8').includes('log_snapshot()')).length).toBeGreaterThan(3);
    expect(sources.filter((file) => BARE.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('and in every default and function of the schema but those two, the one that makes them, and the one that names sessions', async () => {
    const functions = await service.sql<{ name: string }>(
      `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND pg_get_functiondef(oid) ~ $1 ORDER BY 1`,
      [BARE.source],
    );
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['log_snapshot', 'log_xact_id']));
    expect(
      functions
        .map(({ name }) => name)
        .filter((name) => !['log_snapshot', 'log_xact_id', 'count_log_from', 'event_log_holders'].includes(name)),
    ).toEqual([]);
    const defaults = await service.sql<{ name: string }>(
      `SELECT adrelid::regclass::text AS name FROM pg_attrdef WHERE pg_get_expr(adbin, adrelid) ~ $1`,
      [BARE.source],
    );
    expect(defaults).toEqual([]);
  });
});
