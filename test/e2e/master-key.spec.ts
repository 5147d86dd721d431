import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keepMasterKey } from '../../src/boot/master-key.js';
import { keysForget, keysStatus, keysVerify } from '../../src/boot/keys/commands.js';
import { prepareDatabase } from '../../src/boot/service-database.js';
import type { RunningService } from '../../src/boot/service.js';
import { ConfigError, readConfig } from '../../src/config/config.js';
import { masterKeyId } from '../../src/crypto/server-keys.js';
import { createLogger } from '../../src/observability/logger.js';
import { giveOldNumber } from '../support/changes.js';
import { createBareDatabase } from '../support/database.js';
import {
  expectAnswered,
  expectKept,
  expectReplayed,
  keepOneOfEach,
  letPass,
  newNumber,
} from '../support/kept-under-keys.js';
import { look, masterKeyOf, operatorOf, rotate } from '../support/keys.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

vi.setConfig({ testTimeout: 120_000 });

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const ANOTHER = { MASTER_KEY: Buffer.alloc(32, 8).toString('base64') };

async function declare(): Promise<number> {
  const { status } = await service.amara.post('/v1/calls', {
    customerId: newCustomerId(),
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
  });
  return status;
}

async function expectRefused(): Promise<void> {
  const passwords = (): Promise<object[]> =>
    service.sql(`SELECT rolpassword FROM pg_authid WHERE rolname LIKE 'countersign_service_%' ORDER BY rolname`);
  const before = await passwords();
  const refused = await service.startAnother(ANOTHER).then(
    async (started) => started.stop(),
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(ConfigError);
  expect((refused as Error).message).toMatch(/^MASTER_KEY is not the one that this database was served with/);
  expect(await passwords()).toEqual(before);
  expect(await declare()).toBe(201);
}

describe('the name of a master key', () => {
  it('is that of the start which was first, also of several at once', async () => {
    const generations = await service.sql('SELECT generation, used_from FROM key_generations');
    const slots = await service.sql('SELECT * FROM key_slots');
    await service.sql('DROP FUNCTION IF EXISTS master_key_name(); DELETE FROM key_generations');
    const keys = [8, 8, 9, 10].map((byte) => Buffer.alloc(32, byte));
    const kept = await Promise.allSettled(keys.map((key) => keepMasterKey(service.ownerUrl, { masterKey: key })));
    const [first] = await service.sql<{ name: string }>('SELECT master_key_name() AS name');
    keys.forEach((key, place) => {
      const { status } = kept[place]!;
      expect(status).toBe(masterKeyId(key) === first!.name ? 'fulfilled' : 'rejected');
    });
    expect(await service.sql('SELECT master_key FROM key_slots')).toEqual([{ master_key: first!.name }]);
    await service.sql('DROP FUNCTION master_key_name(); DELETE FROM key_generations');
    for (const { generation, used_from } of generations)
      await service.sql('INSERT INTO key_generations VALUES ($1, $2)', [generation, used_from]);
    for (const { generation, master_key, wrapped_root } of slots)
      await service.sql('INSERT INTO key_slots VALUES ($1, $2, $3)', [generation, master_key, wrapped_root]);
    await keepMasterKey(service.ownerUrl, { masterKey: Buffer.alloc(32, 7) });
    // It may have looked meanwhile, and seen nothing that it can open.
    await look(service.running);
  });
});

describe('a start with another master key', () => {
  it('is refused before anything is changed, and the one of before goes on', async () => {
    expect(await declare()).toBe(201);
    await expectRefused();
    const [kept] = await service.sql<{ name: string }>('SELECT master_key_name() AS name');
    expect(kept!.name).toMatch(/^[0-9a-f]{16}$/);
  });

  it('is refused also where a version of before kept no name of the key', async () => {
    await service.sql('DROP FUNCTION master_key_name()');
    await expectRefused();
    expect(await service.sql(`SELECT to_regprocedure('master_key_name()') AS name`)).toEqual([{ name: null }]);
    const again = await service.startAnother();
    await again.stop();
    expect(await service.sql(`SELECT master_key_name() ~ '^[0-9a-f]{16}$' AS kept`)).toEqual([{ kept: true }]);
  });
});

describe('a master key that is left', () => {
  const NEW = { MASTER_KEY: masterKeyOf(8), MASTER_KEY_PREVIOUS: masterKeyOf(7) };
  const ids = { old: masterKeyId(Buffer.alloc(32, 7)), new: masterKeyId(Buffer.alloc(32, 8)) };
  const refusalOf = (started: Promise<RunningService>): Promise<unknown> =>
    started.then(
      () => null,
      (error: unknown) => error,
    );

  it('opens everything beside the new one, until it is forgotten; nothing that is kept is touched', async () => {
    const kept = await keepOneOfEach(service);
    const rows = () =>
      service.sql(
        'SELECT c.wrapped_key, p.value_hash FROM customers c JOIN contact_points p ON p.customer_id = c.id ORDER BY c.id, p.id',
      );
    const before = await rows();
    expect(await refusalOf(service.startAnother({ MASTER_KEY: masterKeyOf(8) }))).toBeInstanceOf(ConfigError);
    expect(
      await refusalOf(service.startAnother({ MASTER_KEY: masterKeyOf(9), MASTER_KEY_PREVIOUS: masterKeyOf(10) })),
    ).toBeInstanceOf(ConfigError);

    const first = await service.startAnother(NEW);
    const second = await service.startAnother({ MASTER_KEY: masterKeyOf(8) });
    const status = await keysStatus(operatorOf(service, NEW));
    expect(status.masterKeys).toEqual([
      { id: ids.old, setting: 'MASTER_KEY_PREVIOUS', opens: status.generations.map(({ generation }) => generation) },
      { id: ids.new, setting: 'MASTER_KEY', opens: status.generations.map(({ generation }) => generation) },
    ]);
    expect(status.next).toBe(`Where every process has MASTER_KEY: countersign keys forget ${ids.old}.`);
    const all = service.sql('SELECT usename FROM pg_stat_activity WHERE datname = current_database()');
    expect(new Set((await all).map(({ usename }) => usename)).size).toBeGreaterThanOrEqual(3);
    await expectKept(service, kept);
    expect(await rows()).toEqual(before);

    await expect(keysForget(operatorOf(service, NEW), ids.new)).rejects.toThrow('That is MASTER_KEY itself.');
    await expect(keysForget(operatorOf(service, NEW), ids.old)).rejects.toThrow(/sessions are of processes/);
    await expectAnswered(service, kept);
    await expectReplayed(service, kept);
    await Promise.all([first.stop(), second.stop()]);
  });

  it('opens nothing any more afterwards, not even where it is all that a start has', async () => {
    const customerId = newCustomerId();
    const number = newNumber();
    await giveOldNumber(service, customerId, number);
    await service.running.stop();
    await service.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'countersign_service_%'`,
    );
    await expect
      .poll(
        () =>
          keysForget(operatorOf(service, NEW), ids.old).then(
            ({ opened }) => opened,
            (error: Error) => error.message,
          ),
        { timeout: 60_000 },
      )
      .toBe(1);
    expect(await refusalOf(service.startAnother())).toMatchObject({
      message: expect.stringMatching(/^MASTER_KEY is not/),
    });
    await expect(keysForget(operatorOf(service, NEW), ids.old)).rejects.toThrow('That master key opens nothing here.');
    const MASTER_KEY = masterKeyOf(8);
    const alone = await service.startAnother({ MASTER_KEY });
    await letPass(service);
    expect((await rotate(operatorOf(service, { MASTER_KEY }))).end).toBe('done');
    expect((await keysVerify(operatorOf(service, { MASTER_KEY }))).unreadable).toEqual([]);
    await alone.stop();
  });
});

describe('a new database', () => {
  it('has keys that do not follow from the master key, the same for all that start first at once', async () => {
    const database = await createBareDatabase();
    try {
      const config = readConfig({
        DATABASE_URL: database.url,
        DATA_DIR: service.dataDirectory,
        MASTER_KEY: masterKeyOf(7),
      });
      await Promise.all([1, 2, 3].map(() => prepareDatabase(config, database.url, createLogger('silent'))));
      const status = await keysStatus(config);
      expect(status).toMatchObject({
        generations: [{ generation: 1, isUsed: true, canBeOpened: true }],
        next: 'Nothing.',
      });
    } finally {
      await database.drop();
    }
  });

  it('is never of a root that is the master key itself, unless an older version served it', async () => {
    const database = await createBareDatabase();
    try {
      const config = readConfig({
        DATABASE_URL: database.url,
        DATA_DIR: service.dataDirectory,
        MASTER_KEY: masterKeyOf(7),
      });
      await prepareDatabase(config, database.url, createLogger('silent'));
      expect((await keysStatus(config)).generations).toMatchObject([{ isMasterKey: null }]);
    } finally {
      await database.drop();
    }
  });
});
