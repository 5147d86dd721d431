import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { createTestDatabase } from '../support/database.js';
import { buildProgram, type RunningProgram } from '../support/program.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

const ON_FILE = '7700900777';
const CALLER = '7700900888';
const MARKERS = [ON_FILE, CALLER, 'ZEBRA'];
const CUSTOMER = 'privacy-1';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let owner: pg.Client;
let built: Awaited<ReturnType<typeof buildProgram>>;
let program: RunningProgram;
let dataDirectory: string;
const tokens: string[] = [];
const codes: string[] = [];
const signed: string[] = [];
const clients: Record<string, ServiceClient> = {};
const calls: string[] = [];

beforeAll(async () => {
  [database, dataDirectory, built] = await Promise.all([
    createTestDatabase(),
    makeTemporaryFolder(),
    buildProgram('privacy'),
  ]);
  program = await built.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, LOG_LEVEL: 'trace' });
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  for (const identity of ['app', 'admin', 'analyst', 'telephony', 'agent:amara'] as const) {
    const token = await fetchDevelopmentToken({
      serviceUrl: program.url,
      dataDirectory,
      tenant: 'northbank',
      identity,
    });
    tokens.push(token);
    clients[identity] = new ServiceClient(program.url, token);
  }
  await exercise();
});
afterAll(async () => {
  await owner.end();
  await program.stop();
  await Promise.all([database.drop(), built.remove(), removeTemporaryFolder(dataDirectory)]);
});

/** Everything that holds something personal, done rightly and wrongly. */
async function exercise(): Promise<void> {
  const {
    app,
    admin,
    analyst,
    telephony,
    'agent:amara': agent,
  } = clients as {
    app: ServiceClient;
    admin: ServiceClient;
    analyst: ServiceClient;
    telephony: ServiceClient;
    'agent:amara': ServiceClient;
  };
  await admin.put(`/v1/customers/${CUSTOMER}`, { phoneNumbers: [{ number: `+44${ON_FILE}` }], locale: 'en-GB' });
  const device = await CustomerDevice.make(CUSTOMER);
  expect((await device.enrol(app, 'DEVICE-ZEBRA')).status).toBe(201);
  for (const [direction, more] of [
    ['outbound', { answer: 'yes' }],
    ['inbound', { answer: 'no', reason: 'they_called_me' }],
  ] as const) {
    const { body } = await agent.post(
      '/v1/calls',
      { customerId: CUSTOMER, direction, purpose: 'PURPOSE-ZEBRA', agent: { department: 'Fraud' }, verify: true },
      { headers: { 'idempotency-key': `key-${direction}` } },
    );
    calls.push(body.id as string);
    codes.push(body.verification.code as string);
    const question = (await device.waitingQuestion(app))!;
    const wrong = body.verification.code === '000000' ? '000001' : '000000';
    await device.answer(app, question, { answer: 'yes', code: wrong });
    await app.post(`/v1/verifications/${question.id}/answer`, { jws: 'WkVCUkEtSldT.WkVCUkE.WkVCUkE' });
    const jws = await device.signAnswer(question, {
      ...more,
      ...(more.answer === 'yes' ? { code: body.verification.code as string } : {}),
    });
    signed.push(jws);
    expect((await app.post(`/v1/verifications/${question.id}/answer`, { jws })).status).toBe(200);
    await app.post(`/v1/customers/${CUSTOMER}/call-verdicts`, {
      trigger: 'customer',
      incomingNumber: `+44${CALLER}`,
      phoneNumberSuffixes: [ON_FILE.slice(-4)],
    });
    const offline = await agent.post(`/v1/calls/${body.id}/offline-proof`);
    if (offline.status === 200) codes.push(offline.body.bankProof as string);
  }
  await telephony.post('/v1/calls', {
    customerId: CUSTOMER,
    direction: 'outbound',
    purpose: 'PURPOSE-ZEBRA',
    agent: { id: 'zed', name: 'Zed' },
  });
  // What is refused holds the same, in fields, in addresses, in queries and in headers.
  for (const body of [
    { customerId: 'ZEBRA ZEBRA', purpose: 'PURPOSE-ZEBRA\u0000' },
    { ZEBRA: 1 },
    { customerId: CUSTOMER, direction: 'ZEBRA', purpose: 'PURPOSE-ZEBRA', line: `+44${CALLER}` },
    { customerId: CUSTOMER, direction: 'outbound', purpose: 'PURPOSE-ZEBRA', line: `+44${CALLER}` },
  ])
    await agent.post('/v1/calls', body);
  await admin.put(`/v1/customers/${CUSTOMER}`, { phoneNumbers: [{ number: `+44${ON_FILE}ZEBRA` }] });
  for (const path of [
    `/v1/calls?customerId=+44${ON_FILE}`,
    `/v1/references/ZEBRA-${ON_FILE}`,
    `/v1/calls/ZEBRA`,
    `/ZEBRA/${ON_FILE}`,
    `/v1/ZEBRA%zz${ON_FILE}`,
    `/v1/customers/+44${ON_FILE}/signals`,
    `/v1/calls/${'ZEBRA'.repeat(100)}`,
  ]) {
    await agent.get(path, {
      headers: { 'user-agent': 'ZEBRA', 'x-forwarded-for': ON_FILE, 'last-event-id': 'ZEBRA', cookie: 'ZEBRA' },
    });
  }
  await fetch(`${program.url}/v1/calls`, { headers: { authorization: `Bearer ${tokens[0]}ZEBRA` } });
  // A fault while something personal is being stored: the database's own message would quote the row.
  await owner.query(
    `ALTER TABLE contact_points ADD CONSTRAINT zebra CHECK (former_from IS NOT NULL) NOT VALID; ALTER TABLE calls ADD CONSTRAINT zebra CHECK (agent_name <> 'ZEBRA')`,
  );
  expect((await admin.put('/v1/customers/privacy-2', { phoneNumbers: [{ number: `+44${ON_FILE}` }] })).status).toBe(
    500,
  );
  expect(
    (
      await telephony.post('/v1/calls', {
        customerId: 'privacy-2',
        direction: 'outbound',
        purpose: 'PURPOSE-ZEBRA',
        agent: { id: 'ZEBRA', name: 'ZEBRA' },
      })
    ).status,
  ).toBe(500);
  await owner.query('ALTER TABLE contact_points DROP CONSTRAINT zebra; ALTER TABLE calls DROP CONSTRAINT zebra');
  await analyst.get(`/v1/customers/${CUSTOMER}/signals`);
}

/** Every row of every table as text, bytes in hexadecimal, and the bytes themselves. */
async function dump(): Promise<string> {
  const { rows: tables } = await owner.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const texts = await Promise.all(
    tables.map(async ({ name }) =>
      (await owner.query<{ row: string }>(`SELECT t::text AS row FROM ${pg.escapeIdentifier(name)} t`)).rows.map(
        ({ row }) => row,
      ),
    ),
  );
  return texts.flat().join('\n');
}

describe('the log, at its most talkative', () => {
  it('was written, with what an operator needs', async () => {
    // To the last request: lines go out together.
    await expect.poll(() => program.log()).toContain('"route":"/v1/customers/:customerId/signals","status":200');
    expect(program.log()).toContain('"msg":"request"');
    expect(program.log()).toContain('"route":"/v1/calls/:callId"');
    expect(program.log()).toMatch(/"problem":"internal-error".*"constraint":"zebra"/);
  });

  it('holds no number, purpose, name, code, token or signed answer', () => {
    const log = program.log();
    for (const marker of MARKERS) expect(log).not.toContain(marker);
    for (const code of codes) expect(log).not.toMatch(new RegExp(`(?<![\\d.])${code}(?!\\d)`));
    for (const secret of [...tokens, ...signed])
      for (const part of secret.split('.')) expect(log).not.toContain(part.slice(0, 40));
    expect(log).not.toContain('Amara Okafor');
    expect(log).not.toMatch(/postgres(ql)?:\/\/|SELECT |INSERT /);
  });
});

describe('the database', () => {
  it('holds no number, purpose, device name, or answer in the clear, in any table', async () => {
    const text = await dump();
    expect(text).toContain(CUSTOMER);
    for (const marker of [...MARKERS, ...signed.map((jws) => jws.split('.')[1]!.slice(0, 40))]) {
      expect(text).not.toContain(marker);
      expect(text).not.toContain(Buffer.from(marker).toString('hex'));
    }
  });

  it('holds no code in its events, nor anything that names a person', async () => {
    const { rows } = await owner.query<{ data: string }>('SELECT data::text FROM events');
    const text = rows.map(({ data }) => data).join('\n');
    for (const code of codes) expect(text).not.toMatch(new RegExp(`(?<!\\d)${code}(?!\\d)`));
    expect(text).not.toContain('Okafor');
  });

  it('keeps no two sealed values alike, so that equal numbers do not show', async () => {
    const { rows } = await owner.query<{ value: string }>(`SELECT encode(purpose_sealed, 'hex') AS value FROM calls`);
    expect(new Set(rows.map(({ value }) => value)).size).toBe(rows.length);
  });
});

describe('a customer who is shredded', () => {
  it('can be read no more, and is another customer when made anew', async () => {
    const { admin, 'agent:amara': agent } = clients as { admin: ServiceClient; 'agent:amara': ServiceClient };
    const keyOf = async (): Promise<string | undefined> =>
      (await owner.query<{ key_id: string }>('SELECT key_id FROM customers WHERE id = $1', [CUSTOMER])).rows[0]?.key_id;
    const before = await keyOf();
    expect((await agent.get(`/v1/calls/${calls[0]}`)).body.purpose).toBe('PURPOSE-ZEBRA');
    expect((await admin.delete(`/v1/customers/${CUSTOMER}`)).status).toBe(204);
    expect((await admin.get(`/v1/customers/${CUSTOMER}`)).status).toBe(404);
    expect((await admin.delete(`/v1/customers/${CUSTOMER}`)).status).toBe(404);
    expect(await keyOf()).toBeUndefined();
    for (const id of calls)
      expect(await agent.get(`/v1/calls/${id}`)).toMatchObject({
        status: 200,
        body: { purpose: null, state: 'ended' },
      });
    for (const table of ['contact_points', 'devices'])
      expect((await owner.query(`SELECT FROM ${table} WHERE customer_id = $1`, [CUSTOMER])).rows).toHaveLength(0);

    expect((await admin.put(`/v1/customers/${CUSTOMER}`, { phoneNumbers: [{ number: '+447700900999' }] })).status).toBe(
      201,
    );
    expect(await keyOf()).not.toBe(before);
    expect((await admin.get(`/v1/customers/${CUSTOMER}`)).body.phoneNumbers).toHaveLength(1);
    for (const id of calls) expect((await agent.get(`/v1/calls/${id}`)).body.purpose).toBeNull();
    expect((await clients.app!.get(`/v1/customers/${CUSTOMER}/verifications`)).status).toBe(200);
  });
});
