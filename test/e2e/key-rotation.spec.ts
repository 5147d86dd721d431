import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keysStatus, keysVerify } from '../../src/boot/keys/commands.js';
import { runKeys } from '../../src/boot/keys/program.js';
import { giveOldNumber } from '../support/changes.js';
import {
  expectAnswered,
  expectKept,
  expectLetter,
  expectReplayed,
  type Kept,
  keepOneOfEach,
  letPass,
  newNumber,
} from '../support/kept-under-keys.js';
import { look, makeGeneration, masterKeyOf, operatorOf, ringOf, rotate } from '../support/keys.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { SoftwareAuthenticator } from '../support/software-authenticator.js';

vi.setConfig({ testTimeout: 120_000 });

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const generations = (): Promise<{ generation: number }[]> =>
  service.sql('SELECT generation FROM key_generations ORDER BY generation');
const keptUnder = async (): Promise<Record<string, number>[]> =>
  (await keysStatus(operatorOf(service))).generations.map(({ kept }) =>
    Object.fromEntries(kept.map(({ kind, rows }) => [kind.split(' ').slice(0, 4).join(' '), rows])),
  );

/** That a passkey is taken which was made from the options of before. */
async function expectEnrolled({ device, options }: Kept): Promise<void> {
  const authenticator = new SoftwareAuthenticator(service.url.replace('127.0.0.1', 'localhost'));
  const body = { name: 'My laptop', platform: 'web', passkey: authenticator.create(options as never) };
  expect((await service.app.post(`/v1/customers/${device.customerId}/devices`, body)).status).toBe(201);
}

/** That a call which was dialled is found to be the declared one, by its number. */
async function expectRecorded({ number }: Kept): Promise<void> {
  const record = {
    recordId: `rec-${number}`,
    direction: 'outbound',
    line: LINE,
    dialled: number,
    startedAt: new Date(),
  };
  const reply = await service.telephony.postLines('/v1/call-records', JSON.stringify(record));
  expect(reply.status).toBe(200);
  expect(await service.sql('SELECT declared_by FROM call_records WHERE record_id = $1', [record.recordId])).toEqual([
    { declared_by: 'number' },
  ]);
}

describe('a rotation', () => {
  it('keeps all that was before, during and after it, in two processes', async () => {
    const other = await service.startAnother();
    const before = await keepOneOfEach(service);
    await makeGeneration(service);
    await Promise.all([service.running, other].map(look));
    expect([ringOf(service.running).current, ringOf(other).current]).toEqual([2, 2]);

    await expectKept(service, before);
    await expectReplayed(service, before);
    await expectAnswered(service, before);
    await expectEnrolled(before);
    await expectRecorded(before);
    const during = await keepOneOfEach(service);
    await expectKept(service, during);
    // A number that is given again is the same one, with its date, whichever keys it is found by.
    await giveOldNumber(service, before.device.customerId, before.number);
    await expectKept(service, before);
    expect(
      await service.sql('SELECT FROM contact_points WHERE customer_id = $1', [before.device.customerId]),
    ).toHaveLength(1);

    const waits = await rotate(operatorOf(service));
    expect(waits.end).toBe('waits');
    expect(waits.told.join('\n')).toContain("northbank: customers' data keys: 2 made anew");
    const [former, current] = await keptUnder();
    expect(former).toMatchObject({
      "customers' data keys": 0,
      'look-up hashes of numbers': 0,
      'secrets of webhooks': 0,
    });
    expect(former!['codes of letters (until']).toBe(1);
    expect(current).toMatchObject({
      "customers' data keys": 4,
      'look-up hashes of numbers': 4,
      'secrets of webhooks': 2,
    });
    await expectKept(service, before);
    await expectLetter(service, before);
    await expectReplayed(service, before);
    await expectAnswered(service, during);

    await letPass(service);
    expect((await rotate(operatorOf(service))).end).toBe('done');
    expect(await generations()).toEqual([{ generation: 2 }]);
    await Promise.all([service.running, other].map(look));
    expect(ringOf(service.running).generations).toEqual([2]);
    for (const kept of [before, during]) await expectKept(service, kept);
    const after = await keepOneOfEach(service);
    await expectKept(service, after);
    await expectAnswered(service, after);
    expect(await keysVerify(operatorOf(service))).toMatchObject({ unreadable: [] });
    expect((await service.app.get('/.well-known/jwks.json')).body.keys.length).toBeGreaterThan(0);
    await other.stop();
    const again = await service.startAnother();
    expect(ringOf(again).generations).toEqual([2]);
    await again.stop();
  });

  it('lets nothing be written under a new generation before it is used', async () => {
    const [{ generation: newest }] = (await generations()) as [{ generation: number }];
    await makeGeneration(service, { leadSeconds: 600 });
    await look(service.running);
    expect(ringOf(service.running).current).toBe(newest);
    expect(ringOf(service.running).generations).toEqual([newest, newest + 1]);
    await service.sql(`UPDATE key_generations SET used_from = now() WHERE generation = $1`, [newest + 1]);
    await look(service.running);
    expect(ringOf(service.running).current).toBe(newest + 1);
    await letPass(service);
    expect((await rotate(operatorOf(service))).end).toBe('done');
  });

  it('is told of by status, without a secret', async () => {
    const said: string[] = [];
    const environment = { DATABASE_URL: service.ownerUrl, DATA_DIR: service.dataDirectory, MASTER_KEY: masterKeyOf(7) };
    const run = (...words: string[]) =>
      runKeys(words, environment, { asJson: false, say: (text) => void said.push(text) });
    expect(await run('status')).toBe(0);
    expect(said.join('')).toMatch(/^master key [0-9a-f]{16} \(MASTER_KEY\): opens generation \d+\ngeneration \d+\n/);
    expect(said.join('')).toMatch(/\nNext: Nothing\.\n$/);
    expect(said.join('')).not.toContain(masterKeyOf(7).slice(0, 20));
    said.length = 0;
    expect(await run('verify')).toBe(0);
    expect(said.join('')).toMatch(/^\d+ opened\.\n$/);
    said.length = 0;
    expect(
      await runKeys(
        ['status'],
        { ...environment, MASTER_KEY: masterKeyOf(9) },
        { asJson: false, say: (text) => void said.push(text) },
      ),
    ).toBe(0);
    expect(said.join('')).toContain('(not here)');
    expect(
      await runKeys(
        ['rotate'],
        { ...environment, MASTER_KEY: masterKeyOf(9) },
        { asJson: false, say: (text) => void said.push(text) },
      ),
    ).toBe(1);
    expect(said.at(-1)).toMatch(/^Neither MASTER_KEY nor MASTER_KEY_PREVIOUS opens generation \d+\.\n$/);
  });

  it('does not pass over what cannot be opened, and verify says where it is', async () => {
    const customerId = newCustomerId();
    await look(service.running);
    await giveOldNumber(service, customerId, newNumber());
    const [{ wrapped_key: whole }] = (await service.sql('SELECT wrapped_key FROM customers WHERE id = $1', [
      customerId,
    ])) as [{ wrapped_key: Buffer }];
    const broken = Buffer.from(whole);
    broken[broken.length - 1]! ^= 1;
    const set = (key: Buffer) => service.sql('UPDATE customers SET wrapped_key = $2 WHERE id = $1', [customerId, key]);
    await set(broken);
    expect((await keysVerify(operatorOf(service))).unreadable).toEqual([
      { tenant: 'northbank', kind: "customers' data keys", rows: 1 },
      { tenant: 'northbank', kind: 'look-up hashes of numbers', rows: 1 },
    ]);
    const { end, told } = await rotate(operatorOf(service));
    expect(end).toBe('stuck');
    expect(told.at(-1)).toMatch(/^2 cannot be opened;/);
    expect(await generations()).toHaveLength(2);
    await set(whole);
    await letPass(service);
    expect((await rotate(operatorOf(service))).end).toBe('done');
    expect((await keysVerify(operatorOf(service))).unreadable).toEqual([]);
  });

  it('does not destroy keys on which another tenant hangs, and leaves its rows as they can be changed', async () => {
    const south = await service.clients('southbank');
    const customerId = newCustomerId();
    await look(service.running);
    const put = await south.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: newNumber() }] });
    expect(put.status).toBe(201);
    const TENANTS = JSON.stringify([{ id: 'northbank', issuer: 'https://login.northbank.example' }]);
    const { end, told } = await rotate(operatorOf(service, { TENANTS }));
    expect(end).toBe('stuck');
    expect(told.at(-1)).toMatch(/^Something in customers is under generation \d+ still/);
    await look(service.running);
    expect((await south.admin.patch(`/v1/customers/${customerId}`, { locale: 'cy' })).status).toBe(200);
    await letPass(service);
    expect((await rotate(operatorOf(service))).end).toBe('done');
    await look(service.running);
    expect((await south.admin.get(`/v1/customers/${customerId}`)).status).toBe(200);
  });
});
