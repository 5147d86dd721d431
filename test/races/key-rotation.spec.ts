import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keysVerify } from '../../src/boot/keys/commands.js';
import { LASTING } from '../../src/boot/keys/kinds.js';
import { KeysOwner } from '../../src/boot/keys/owner.js';
import type { KeyRing } from '../../src/crypto/key-ring.js';
import { NUMBER_HASHES, WRAPPED_KEYS } from '../../src/customers/kept-customers.js';
import {
  nextNumberHashes,
  nextWrappedKeys,
  rehashNumbers,
  rewrapKeys,
} from '../../src/customers/kept-customers.store.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';
import { giveOldNumber } from '../support/changes.js';
import { keepOneOfEach, expectKept, letPass, newNumber } from '../support/kept-under-keys.js';
import { look, makeGeneration, operatorOf, ringOf, rotate, stall } from '../support/keys.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { ServiceClient } from '../support/service-client.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

vi.setConfig({ testTimeout: 120_000 });

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** Does something as a rotation does, for the customers of northbank. */
async function asRotation<Result>(work: (db: TenantHandle, ring: KeyRing) => Promise<Result>): Promise<Result> {
  return KeysOwner.work(service.ownerUrl, operatorOf(service), async (owner) => {
    const ring = await owner.ring();
    const results: Result[] = [];
    await owner.eachTenant(async (db) => {
      if (db.tenantId === 'northbank') results.push(await work(db, ring));
    });
    return results[0]!;
  });
}

async function customerWithNumber(): Promise<{ customerId: string; number: string }> {
  const [customerId, number] = [newCustomerId(), newNumber()];
  await giveOldNumber(service, customerId, number);
  return { customerId, number };
}

const numbersOf = async (customerId: string): Promise<object[]> =>
  (await service.admin.get(`/v1/customers/${customerId}`)).body.phoneNumbers;
const finish = async (): Promise<void> => {
  await letPass(service);
  expect((await rotate(operatorOf(service))).end).toBe('done');
  await look(service.running);
};

describe('a customer who is shredded while keys are wrapped anew', () => {
  it('is not waited for, and does not come back', async () => {
    const { customerId } = await customerWithNumber();
    await makeGeneration(service);
    const held = await OpenTransaction.begin(service);
    await held.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    const span = { after: '', most: 500, writes: true };
    const before = await asRotation((db, ring) => WRAPPED_KEYS.batch(db, ring, span));
    expect(before.read - before.written).toBe(1);
    await held.query('DELETE FROM customers WHERE id = $1', [customerId]);
    await held.commit();
    expect(await asRotation((db, ring) => WRAPPED_KEYS.batch(db, ring, span))).toMatchObject({
      written: 0,
      unreadable: 0,
    });
    expect((await service.admin.get(`/v1/customers/${customerId}`)).status).toBe(404);
    await finish();
  });

  it('and comes anew between the reading and the writing keeps the new key', async () => {
    const { customerId, number } = await customerWithNumber();
    await makeGeneration(service);
    await asRotation(async (db, ring) => {
      const keys = (await nextWrappedKeys(db, '', 500)).filter(({ id }) => id === customerId);
      const hashes = (await nextNumberHashes(db, '00000000-0000-0000-0000-000000000000', 500)).filter(
        ({ customer_id }) => customer_id === customerId,
      );
      expect([keys.length, hashes.length]).toEqual([1, 1]);
      expect((await service.admin.delete(`/v1/customers/${customerId}`)).status).toBe(204);
      await giveOldNumber(service, customerId, number);
      const owner = { tenantId: db.tenantId, customerId, keyId: keys[0]!.key_id };
      const wrapped = ring.wrap(ring.unwrap(keys[0]!.wrapped_key, owner), owner);
      expect(await rewrapKeys(db, [{ row: keys[0]!, wrapped }])).toBe(0);
      expect(await rehashNumbers(db, [{ row: hashes[0]!, hash: Buffer.alloc(37, 2) }])).toBe(0);
    });
    expect(await numbersOf(customerId)).toMatchObject([{ number }]);
    await finish();
    expect(await numbersOf(customerId)).toMatchObject([{ number }]);
  });
});

describe("a customer's numbers that are replaced while they are hashed anew", () => {
  it('are neither doubled nor left behind, whoever is first', async () => {
    const { customerId, number } = await customerWithNumber();
    await makeGeneration(service);
    await look(service.running);
    const rotation = await OpenTransaction.begin(service);
    await rotation.query('SELECT FROM customers WHERE id = $1 FOR NO KEY UPDATE', [customerId]);
    const [kept] = await rotation.query<{ id: string; value_hash: Buffer }>(
      'SELECT id, value_hash FROM contact_points WHERE customer_id = $1',
      [customerId],
    );
    // Held by the customer, as by a rotation: the replacing waits, and then finds the number under the other hash.
    const replacing = giveOldNumber(service, customerId, number);
    await rotation.untilWaiting();
    const [remade] = await asRotation(async (db, ring) => {
      const rows = await nextNumberHashes(db, '00000000-0000-0000-0000-000000000000', 500);
      const row = rows.find(({ id }) => id === kept!.id)!;
      return NUMBER_HASHES.batch(db, ring, { after: '', most: 500, writes: true }).then(() => [row]);
    });
    expect(remade!.value_hash).toEqual(kept!.value_hash);
    await rotation.commit();
    await replacing;
    expect(await numbersOf(customerId)).toMatchObject([
      { number, since: '2020-01-01T00:00:00.000Z', formerFrom: null },
    ]);
    await finish();
    expect(await numbersOf(customerId)).toMatchObject([
      { number, since: '2020-01-01T00:00:00.000Z', formerFrom: null },
    ]);
  });
});

describe('two rotations at once', () => {
  it('come to one new generation, under which everything opens', async () => {
    const kept = await keepOneOfEach(service);
    for (let customers = 0; customers < 20; customers += 1) await customerWithNumber();
    await letPass(service);
    const [{ before }] = (await service.sql('SELECT max(generation) AS before FROM key_generations')) as [
      { before: number },
    ];
    const ends = await Promise.allSettled([1, 2, 3].map(() => rotate(operatorOf(service), { batch: 3 })));
    expect(ends.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0);
    expect((await rotate(operatorOf(service))).end).toBe('done');
    const after = await service.sql<{ generation: number }>('SELECT generation FROM key_generations');
    expect(after).toHaveLength(1);
    expect(after[0]!.generation).toBeGreaterThan(before);
    await look(service.running);
    await expectKept(service, kept);
    expect((await keysVerify(operatorOf(service))).unreadable).toEqual([]);
  });
});

describe('a process that stood still during a rotation', () => {
  it('judges no code and finds nobody under keys that it does not know, and counts nothing against anybody', async () => {
    const other = await service.startAnother();
    const kept = await keepOneOfEach(service);
    await stall(service.running);
    await makeGeneration(service);
    await look(other);
    const amara = new ServiceClient(other.url, await service.token('agent:amara'));
    const { body: call } = await amara.post('/v1/calls', {
      customerId: kept.device.customerId,
      direction: 'outbound',
      purpose: 'A payment we stopped',
      verify: true,
    });
    const { body } = await service.app.get(`/v1/customers/${kept.device.customerId}/verifications?status=waiting`);
    const question = body.data.find(({ id }: { id: string }) => id === call.verification.id);
    const answer = () => kept.device.answer(service.app, question, { answer: 'yes', code: call.verification.code });
    expect(await answer()).toMatchObject({ status: 503 });
    const [counted] = await service.sql(
      'SELECT c.code_failures, v.attempts_used FROM customers c JOIN verifications v ON v.customer_id = c.id WHERE c.id = $1 ORDER BY v.id DESC LIMIT 1',
      [kept.device.customerId],
    );
    expect(counted).toEqual({ code_failures: 0, attempts_used: 0 });
    await look(service.running);
    expect(await answer()).toMatchObject({ status: 200, body: { status: 'confirmed' } });
    await other.stop();
    await finish();
  });

  it('writes nothing under keys that are destroyed: the database refuses it', async () => {
    const ring = ringOf(service.running);
    const [former] = ring.generations;
    const stale = await asRotation((_, now) => Promise.resolve(now));
    await makeGeneration(service);
    await finish();
    expect(ring.generations).toEqual([former! + 1]);
    const owner = { tenantId: 'northbank', customerId: 'late', keyId: '0190a6f5-3f2b-7c3d-8e4f-5a6b7c8d9e0f' };
    await expect(
      service.sql(`INSERT INTO customers (tenant_id, id, key_id, wrapped_key) VALUES ('northbank', $1, $2, $3)`, [
        owner.customerId,
        owner.keyId,
        stale.wrap(Buffer.alloc(32, 1), owner),
      ]),
    ).rejects.toMatchObject({ code: '23514', constraint: 'customers_key_generation' });
    const rules = await service.sql<{ conrelid: string }>(
      `SELECT conrelid::regclass::text FROM pg_constraint WHERE conname LIKE '%_key_generation' AND convalidated ORDER BY 1`,
    );
    expect(rules.map(({ conrelid }) => conrelid)).toEqual(LASTING.map(({ table }) => table).toSorted());
  });
});
