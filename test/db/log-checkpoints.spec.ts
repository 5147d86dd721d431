import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { forgetOldCheckpoints, readLastCheckpoint } from '../../src/transparency/log.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let owner: pg.Pool;
let north: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 2, options: '-c countersign.tenant=northbank' });
  north = new TenantDatabase({
    url: await ensureServiceLogin(database.url, 'checkpoints'),
    tenantId: 'northbank',
    sharedConnections: 1,
    pooledConnections: 1,
  });
});
afterAll(async () => {
  await Promise.all([north.close(), owner.end()]);
  await database.drop();
});

const sizes = async (): Promise<number[]> =>
  (await owner.query<{ size: number }>(`SELECT tree_size::int AS size FROM log_checkpoints ORDER BY 1`)).rows.map(
    ({ size }) => size,
  );

/** Checkpoints of these sizes, signed so many minutes before the end of the hour that lies so many days back. */
async function signed(
  daysAgo: number,
  ...checkpoints: readonly (readonly [size: number, minutesBefore: number])[]
): Promise<void> {
  for (const [size, minutes] of checkpoints) {
    await owner.query(
      `INSERT INTO log_checkpoints (tree_size, root_hash, key_id, note, signed_at) VALUES ($1, decode(repeat('00', 32), 'hex'), 'k', 'n', date_trunc('hour', now(), 'UTC') - make_interval(days => $2, mins => $3))`,
      [size, daysAgo, minutes],
    );
  }
}

it('checkpoints are all kept for a week, and after that the last of each hour; the database refuses to lose another', async () => {
  await signed(30, [1, 100], [2, 70], [3, 50], [4, 30], [5, 1]);
  await signed(8, [6, 20], [7, 10]);
  await signed(1, [8, 50], [9, 40]);
  expect(await forgetOldCheckpoints(north, 2)).toBe(2);
  expect(await sizes()).toEqual([2, 4, 5, 6, 7, 8, 9]);
  expect(await forgetOldCheckpoints(north, 100)).toBe(2);
  expect(await forgetOldCheckpoints(north, 100)).toBe(0);
  expect(await sizes()).toEqual([2, 5, 7, 8, 9]);
  expect((await readLastCheckpoint(north))!.size).toBe(9);
  for (const size of [2, 5, 7, 8, 9])
    await expect(owner.query(`DELETE FROM log_checkpoints WHERE tree_size = $1`, [size])).rejects.toThrow(
      'append-only',
    );
  await signed(30, [10, 200], [11, 190]);
  await expect(owner.query(`DELETE FROM log_checkpoints WHERE tree_size >= 10`)).rejects.toThrow('append-only');
  await expect(owner.query(`UPDATE log_checkpoints SET note = 'x'`)).rejects.toThrow('append-only');
  await expect(owner.query(`TRUNCATE log_checkpoints`)).rejects.toThrow('append-only');
});
