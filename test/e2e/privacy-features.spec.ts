import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { type Reply, ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { createTestDatabase } from '../support/database.js';
import { buildProgram, type RunningProgram } from '../support/program.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** Wording, free text, names, addresses and links of customers; it may stand in the clear nowhere. */
const WORD = 'QUAGGA';
/** Numbers on file, wanted and dialled; accounts; what was lost. */
const PERSONAL = [
  WORD,
  '7700900771',
  '7700900772',
  '7700900773',
  'GB33BUKB20201555555555',
  'WEST12345698765432',
  '98765432',
  '55779911',
  '48151.62',
];
/** What a fraudster claimed, and what is the bank's own: where it may stand in the clear. */
const ALLOWED: Record<string, string[]> = {
  '7700900774': ['reports.claimed_number', 'report_indicators.value', 'campaign_indicators.value'],
  'okapi sender': ['reports.claimed_sender', 'report_indicators.value', 'campaign_indicators.value'],
  'okapi.example': ['reports.link_hosts', 'report_indicators.value', 'campaign_indicators.value'],
  'bongo notice': ['notices.sender', 'notices.summary', 'notices.text', 'notices.links'],
  'kudu-hook': ['webhooks.url'],
  'kudu hook': ['webhooks.description'],
  'team gnu': ['call_records.team', 'coverage_falls.name', 'events.data'],
};
const CUSTOMER = 'privacy-3';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let owner: pg.Client;
let built: Awaited<ReturnType<typeof buildProgram>>;
let program: RunningProgram;
let receiver: WebhookReceiver;
let dataDirectory: string;
const as: Record<string, ServiceClient> = {};
const refusals: string[] = [];
/** Codes and secrets that were given out once. */
const secrets: string[] = [];

beforeAll(async () => {
  [database, dataDirectory, built, receiver] = await Promise.all([
    createTestDatabase(),
    makeTemporaryFolder(),
    buildProgram('privacy-features'),
    WebhookReceiver.start(),
  ]);
  program = await built.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, LOG_LEVEL: 'trace' });
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  for (const identity of ['app', 'admin', 'analyst', 'telephony', 'agent:amara', 'agent:ben'])
    as[identity] = new ServiceClient(
      program.url,
      await fetchDevelopmentToken({ serviceUrl: program.url, dataDirectory, tenant: 'northbank', identity }),
    );
  await webhooks();
  await changesAndCallbacks();
  await reports();
  await notices();
  await callRecords();
  await faults();
});
afterAll(async () => {
  await owner.end();
  await program.stop();
  await Promise.all([database.drop(), built.remove(), removeTemporaryFolder(dataDirectory), receiver.stop()]);
});

let keys = 0;
/** Sends it under an Idempotency-Key, so that its answer is kept, and keeps every refusal. */
async function post(identity: string, path: string, body: object, expected?: number): Promise<Reply> {
  const reply = await as[identity]!.post(path, body, { headers: { 'idempotency-key': `privacy-${(keys += 1)}` } });
  return seen(reply, expected);
}

function seen(reply: Reply, expected?: number): Reply {
  if (reply.status >= 400) refusals.push(JSON.stringify(reply.body));
  if (expected !== undefined) expect([reply.status, reply.body]).toEqual([expected, reply.body]);
  return reply;
}

async function webhooks(): Promise<void> {
  const { body } = await post(
    'admin',
    '/v1/webhooks',
    { url: `${receiver.url}/kudu-hook`, description: 'Kudu hook' },
    201,
  );
  secrets.push(body.secret);
  secrets.push((await post('admin', `/v1/webhooks/${body.id}/rotate`, {})).body.secret);
  await post('admin', '/v1/webhooks', { url: `https://127.0.0.1/${WORD}`, types: [WORD] });
  await post('admin', '/v1/webhooks', { url: `ftp://${WORD}@bank.example/` });
}

async function changesAndCallbacks(): Promise<void> {
  seen(
    await as.admin!.put(
      '/v1/policy',
      { callbacks: { opens: '00:00', closes: '24:00' } },
      { headers: { 'if-match': '"0"' } },
    ),
    200,
  );
  seen(
    await as.admin!.put(`/v1/customers/${CUSTOMER}`, {
      phoneNumbers: [{ number: '+447700900771', since: '2020-01-01T00:00:00Z' }],
    }),
    201,
  );
  await owner.query('UPDATE contact_points SET recorded_at = since');
  await (await CustomerDevice.make(CUSTOMER)).enrol(as.app!, `${WORD} phone`);
  const before = { holder: `${WORD} Joinery`, iban: 'GB33BUKB20201555555555' };
  const account = await post(
    'agent:amara',
    '/v1/changes',
    {
      customerId: CUSTOMER,
      subject: 'payee_account',
      before,
      after: { holder: `${WORD} Ltd`, iban: 'GB82WEST12345698765432' },
      askedThrough: 'email',
    },
    201,
  );
  const others: Record<string, object> = {
    phone_number: { number: '+447700900772' },
    email: { email: `${WORD}@customer.example` },
    postal_address: { lines: [`1 ${WORD} Street`], postcode: 'SW1A 1AA', country: 'GB' },
  };
  for (const [subject, after] of Object.entries(others)) {
    const { body } = await post(
      'agent:amara',
      '/v1/changes',
      { customerId: CUSTOMER, subject, after, askedThrough: 'letter' },
      201,
    );
    const letter = await post('agent:amara', `/v1/changes/${body.id}/letter`, {});
    if (letter.status === 200) secrets.push(letter.body.code);
    seen(await as['agent:amara']!.get(`/v1/changes/${body.id}`), 200);
  }
  await post(
    'agent:amara',
    '/v1/changes',
    {
      customerId: CUSTOMER,
      subject: 'payee_account',
      after: { holder: WORD, iban: 'GB82WEST12345698765433' },
      askedThrough: 'email',
    },
    422,
  );
  await post(
    'agent:amara',
    '/v1/changes',
    { customerId: CUSTOMER, subject: WORD, after: { another: WORD }, askedThrough: WORD },
    400,
  );
  await post('app', `/v1/customers/${CUSTOMER}/letters`, { code: `${WORD}` });
  await post('app', `/v1/customers/${CUSTOMER}/callbacks`, { reason: `${WORD} rang me`, about: account.body.id }, 201);
  await post('app', `/v1/customers/${CUSTOMER}/callbacks`, { reason: WORD, about: WORD }, 400);
  const queue = await as['agent:ben']!.get(`/v1/callbacks?customerId=${CUSTOMER}`);
  for (const callback of queue.body.data as { id: string }[]) {
    const claimed = await post('agent:ben', `/v1/callbacks/${callback.id}/claim`, { department: 'Care' });
    if (claimed.status === 200 && claimed.body.call.verification) secrets.push(claimed.body.call.verification.code);
    await post('agent:ben', `/v1/callbacks/${callback.id}/outcome`, { result: 'no_answer' });
  }
}

async function reports(): Promise<void> {
  const report = {
    channel: 'sms',
    claimedNumber: '+447700900774',
    claimedSender: 'Okapi Sender',
    text: `Dear ${WORD}, your account 55779911 is blocked. Please go to https://okapi.example/${WORD}?name=${WORD} and ring 07700 900773 at once, before it is closed for good`,
    links: [`https://user-${WORD}@okapi.example/${WORD}`],
    lost: { amount: 48151.62, currency: 'GBP' },
    shared: ['card'],
  };
  for (let i = 0; i < 9; i += 1) await post('app', `/v1/customers/privacy-r${i}/reports`, report, 201);
  await post('agent:amara', '/v1/reports', { ...report, customerId: CUSTOMER }, 201);
  await post('app', `/v1/customers/${CUSTOMER}/reports`, { ...report, channel: WORD, another: WORD }, 400);
  await post(
    'app',
    `/v1/customers/${CUSTOMER}/reports`,
    { ...report, about: WORD, lost: { amount: WORD, currency: WORD } },
    400,
  );
  for (const path of [
    '/v1/reports',
    '/v1/reports/export',
    '/v1/campaigns',
    `/v1/reports?campaign=${WORD}`,
    `/v1/reports?number=${WORD}`,
    `/v1/reports/${WORD}`,
    `/v1/campaigns/${WORD}`,
    `/v1/reports/export?format=${WORD}`,
  ])
    seen(await as.analyst!.get(path));
}

async function notices(): Promise<void> {
  const { body } = await post(
    'admin',
    '/v1/notices',
    {
      channel: 'sms',
      sender: 'BONGO NOTICE',
      summary: 'Bongo notice',
      text: 'A bongo notice: your card is on its way. See https://northbank.example/cards.',
      sentAt: new Date().toISOString(),
      recipients: [CUSTOMER],
    },
    201,
  );
  seen(
    await as.admin!.postLines(`/v1/notices/${body.id}/recipients`, `"${WORD} ${WORD}"\n{"${WORD}":1}\n${WORD}\n"c-1"`),
    200,
  );
  refusals.push(
    JSON.stringify((await as.admin!.postLines(`/v1/notices/${body.id}/recipients`, `"${WORD} ${WORD}"\n${WORD}`)).body),
  );
  const check = {
    sender: WORD,
    text: `Dear ${WORD}, pay 55779911 now at https://northbank.example/${WORD}`,
    links: [`https://evil.example/${WORD}`],
    accountDetails: { holder: WORD, sortCode: '20-20-15', accountNumber: '98765432' },
  };
  await post('app', `/v1/customers/${CUSTOMER}/notice-checks`, check, 200);
  await post(
    'app',
    `/v1/customers/${CUSTOMER}/notice-checks`,
    { ...check, text: `A bongo notice: your card is on its way, ${WORD}. See https://northbank.example/cards.` },
    200,
  );
  await post('app', `/v1/customers/${CUSTOMER}/notice-checks`, { reference: WORD, receivedAt: WORD }, 400);
}

async function callRecords(): Promise<void> {
  const lines = Array.from({ length: 60 }, (_none, index) => ({
    recordId: `r-${index}`,
    direction: 'outbound',
    line: '+442079460100',
    dialled: '+447700900772',
    startedAt: new Date().toISOString(),
    team: 'Team Gnu',
  })).map((line) => JSON.stringify(line));
  const bad = [
    WORD,
    `{"${WORD}":1}`,
    JSON.stringify({ recordId: 'x', direction: WORD, line: WORD, dialled: WORD }),
    JSON.stringify({
      recordId: 'x',
      direction: 'outbound',
      line: '+442079460100',
      dialled: '07700900772',
      startedAt: WORD,
    }),
  ];
  const { body } = seen(await as.telephony!.postLines('/v1/call-records', [...lines, ...bad].join('\n')), 200);
  refusals.push(JSON.stringify(body));
  seen(await as.analyst!.get('/v1/call-records?limit=200'), 200);
}

/** While something personal is being stored the database fails, and its own message would quote the row. */
async function faults(): Promise<void> {
  const tables = ['changes', 'callbacks', 'reports', 'notices', 'call_records', 'webhooks'];
  for (const table of tables) await owner.query(`ALTER TABLE ${table} ADD CONSTRAINT gazelle CHECK (false) NOT VALID`);
  await post(
    'agent:amara',
    '/v1/changes',
    { customerId: 'privacy-4', subject: 'email', after: { email: `${WORD}@customer.example` }, askedThrough: 'phone' },
    500,
  );
  await post(
    'app',
    '/v1/customers/privacy-4/reports',
    { channel: 'sms', text: WORD, links: [`https://okapi.example/${WORD}`] },
    500,
  );
  await post('admin', '/v1/notices', { channel: 'sms', summary: WORD, sentAt: new Date().toISOString() }, 500);
  await post('admin', '/v1/webhooks', { url: `https://bank.example/${WORD}` }, 500);
  seen(
    await as.telephony!.postLines(
      '/v1/call-records',
      JSON.stringify({
        recordId: WORD,
        direction: 'outbound',
        line: '+442079460100',
        dialled: '+447700900772',
        startedAt: new Date().toISOString(),
        team: WORD,
      }),
    ),
    500,
  );
  for (const table of tables) await owner.query(`ALTER TABLE ${table} DROP CONSTRAINT gazelle`);
}

/** The columns of all tables in which a text stands, whatever its case, as text or as bytes. */
async function columnsWith(text: string): Promise<string[]> {
  const { rows } = await owner.query<{ schema: string; table: string; column: string }>(`
    SELECT table_schema AS schema, table_name AS "table", column_name AS "column" FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('%I.%I', table_schema, table_name)))`); // a partition's rows are read through its table
  const found: string[] = [];
  for (const { schema, table, column } of rows) {
    const cell = `t.${pg.escapeIdentifier(column)}::text`;
    const {
      rows: [row],
    } = await owner.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM ${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(table)} t WHERE position(lower($1) IN lower(${cell})) > 0 OR position($2 IN ${cell}) > 0) AS found`,
      [text, Buffer.from(text).toString('hex')],
    );
    if (row!.found) found.push(`${schema === 'public' ? '' : `${schema}.`}${table}.${column}`);
  }
  return found.sort();
}

describe('what came in through changes, callbacks, reports, notices, webhooks and call records', () => {
  it.each(PERSONAL)('that is personal (%s) stands in the clear in no column of any table', async (text) =>
    expect(await columnsWith(text)).toEqual([]),
  );

  it.each(Object.entries(ALLOWED))(
    "that is the fraudster's or the bank's (%s) stands where it is meant to, and nowhere else",
    async (text, columns) => {
      const found = await columnsWith(text);
      expect(found).not.toHaveLength(0);
      expect(columns).toEqual(expect.arrayContaining(found));
    },
  );

  it('was really stored', async () => {
    for (const table of [
      'changes',
      'callbacks',
      'reports',
      'campaigns',
      'notices',
      'notice_recipients',
      'call_records',
      'webhooks',
      'webhook_deliveries',
      'idempotency_keys',
      'letters',
    ])
      expect([table, (await owner.query(`SELECT FROM ${table} LIMIT 1`)).rowCount]).toEqual([table, 1]);
  });

  it('and codes and secrets that are given out once stand in no column', async () => {
    expect(secrets.length).toBeGreaterThan(3);
    for (const secret of secrets.filter((one) => one.length > 6))
      for (const form of [secret, secret.replaceAll('-', ''), secret.replace('whsec_', '')])
        expect(await columnsWith(form)).toEqual([]);
  });

  it('is in no line of the log, at its most talkative', () => {
    const log = program.log().toLowerCase();
    expect(log).toContain('"constraint":"gazelle"');
    for (const text of [...PERSONAL, ...Object.keys(ALLOWED), ...secrets.filter((one) => one.length > 6)])
      expect(log).not.toContain(text.toLowerCase());
    for (const route of [
      '/v1/changes',
      '/v1/callbacks/:callbackid/claim',
      '/v1/customers/:customerid/reports',
      '/v1/notices/:noticeid/recipients',
      '/v1/call-records',
      '/v1/webhooks',
    ])
      expect(log).toContain(`"route":"${route}"`);
  });

  it('is in no text of a refusal', () => {
    expect(refusals.length).toBeGreaterThan(15);
    const text = refusals.join('\n').toLowerCase();
    for (const one of [...PERSONAL, ...secrets]) expect(text).not.toContain(one.toLowerCase());
  });

  it('is in no webhook that went out, neither in its body nor in its address', async () => {
    await expect.poll(() => receiver.received.length, { timeout: 60_000 }).toBeGreaterThan(10);
    const text = receiver.received
      .map(({ path, headers, body }) => JSON.stringify({ path, headers, body }))
      .join('\n')
      .toLowerCase();
    for (const one of [...PERSONAL, '7700900774', 'okapi', 'bongo']) expect(text).not.toContain(one.toLowerCase());
  });
});
