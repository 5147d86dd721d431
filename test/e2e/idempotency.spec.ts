import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchAdmitted } from '../support/once-admitted.js';
import type { Reply, ServiceClient } from '../support/service-client.js';
import { giveOldNumber, ringAtAnyHour } from '../support/changes.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

let keys = 0;
const newKey = (): string => `key-${(keys += 1)}`;
const call = (customerId = newCustomerId(), change: object = {}): object => ({
  customerId,
  direction: 'outbound',
  line: LINE,
  purpose: 'A payment we stopped',
  ...change,
});
const declare = (body: object, key: string, client: ServiceClient = service.amara): Promise<Reply> =>
  client.post('/v1/calls', body, { headers: { 'idempotency-key': key } });
const replayed = ({ headers }: Reply): boolean => headers.get('idempotency-replayed') === 'true';
const callsOf = async (customerId: string): Promise<number> =>
  (await service.sql(`SELECT FROM calls WHERE customer_id = $1`, [customerId])).length;

describe('the same key and body', () => {
  it('give the first answer again, the code too, and declare one call', async () => {
    const { customerId } = await service.customerWithDevice();
    const [body, key] = [call(customerId, { verify: true }), newKey()];
    const first = await declare(body, key);
    expect(first).toMatchObject({ status: 201, body: { verification: { code: expect.stringMatching(/^\d{6}$/) } } });
    expect(replayed(first)).toBe(false);
    const again = await declare(body, key);
    expect(replayed(again)).toBe(true);
    expect({ status: again.status, body: again.body }).toEqual({ status: first.status, body: first.body });
    expect(again.headers.get('cache-control')).toBe('no-store');
    expect(await callsOf(customerId)).toBe(1);
  });

  it('give it from any process', async () => {
    const other = await service.startAnother();
    const [body, key] = [call(), newKey()];
    const first = await declare(body, key);
    const reply = await fetchAdmitted(`${other.url}/v1/calls`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await service.token('agent:amara')}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
    });
    expect(reply.headers.get('idempotency-replayed')).toBe('true');
    expect(await reply.json()).toEqual(first.body);
    await other.stop();
  });

  it("fifty times at once make one call; each answer is that call's, or says that it is still running", async () => {
    const customerId = newCustomerId();
    const [body, key] = [call(customerId), newKey()];
    const replies = await Promise.all(Array.from({ length: 50 }, () => declare(body, key)));
    expect(await callsOf(customerId)).toBe(1);
    const answered = replies.filter(({ status }) => status === 201);
    expect(answered.length).toBeGreaterThanOrEqual(1);
    expect(answered.filter((reply) => !replayed(reply))).toHaveLength(1);
    expect(new Set(answered.map((reply) => reply.body.id)).size).toBe(1);
    for (const reply of replies.filter(({ status }) => status !== 201)) {
      expect(reply).toMatchObject({ status: 409, body: { type: expect.stringMatching(/idempotency-in-progress$/) } });
      expect(reply.headers.get('retry-after')).toBe('1');
    }
    expect(replayed(await declare(body, key))).toBe(true);
  });

  it('give a refusal of a rule again, and do not count it twice', async () => {
    const device = await service.customerWithDevice();
    const { body } = await declare(call(device.customerId, { verify: true }), newKey());
    const question = (await device.waitingQuestion(service.app))!;
    const jws = await device.signAnswer(question, {
      answer: 'yes',
      code: body.verification.code === '000000' ? '000001' : '000000',
    });
    const key = newKey();
    const send = (): Promise<Reply> =>
      service.app.post(`/v1/verifications/${question.id}/answer`, { jws }, { headers: { 'idempotency-key': key } });
    const first = await send();
    expect(first).toMatchObject({ status: 422, body: { attemptsLeft: 4 } });
    const again = await send();
    expect(replayed(again)).toBe(true);
    expect({ status: again.status, body: again.body }).toEqual({ status: first.status, body: first.body });
    expect(again.headers.get('content-type')).toMatch(/problem\+json/);
    expect((await service.amara.get(`/v1/verifications/${question.id}`)).body.attemptsLeft).toBe(4);
    const right = await device.answer(service.app, question, { answer: 'yes', code: body.verification.code });
    expect(right.status).toBe(200);
  });

  it.each([
    [
      'members in another order',
      (customerId: string) => [
        `{"customerId":"${customerId}","direction":"inbound","purpose":"A","agent":{"id":"z","name":"Zed","department":"Fraud"}}`,
        `{"agent":{"department":"Fraud","name":"Zed","id":"z"},"purpose":"A","direction":"inbound","customerId":"${customerId}"}`,
      ],
    ],
    [
      'other white space',
      (customerId: string) => [
        `{"customerId":"${customerId}","direction":"inbound","purpose":"A","agent":{"id":"z","name":"Zed"}}`,
        `{ "customerId" : "${customerId}",\n\t"direction":"inbound", "purpose":"A","agent": { "id":"z","name":"Zed" }\n}`,
      ],
    ],
    [
      'letters that are escaped',
      (customerId: string) => [
        `{"customerId":"${customerId}","direction":"inbound","purpose":"Überweisung","agent":{"id":"z","name":"Zed"}}`,
        `{"customerId":"${customerId}","direction":"inbound","purp\\u006fse":"\\u00dcberweisung","agent":{"id":"z","name":"\\u005aed"}}`,
      ],
    ],
  ])('are the same with %s', async (_name, bodies) => {
    const customerId = newCustomerId();
    const key = newKey();
    const [first, ...others] = bodies(customerId);
    const post = (body: string): Promise<Reply> =>
      service.telephony.post('/v1/calls', body, {
        headers: { 'idempotency-key': key, 'content-type': 'application/json' },
      });
    const { status, body } = await post(first!);
    expect(status).toBe(201);
    for (const other of others) {
      const again = await post(other);
      expect(replayed(again)).toBe(true);
      expect(again.body).toEqual(body);
    }
    expect(await callsOf(customerId)).toBe(1);
  });

  it('are the same at an address that is written otherwise, and with numbers that are', async () => {
    const customerId = newCustomerId();
    const key = newKey();
    const send = (path: string, amount: string): Promise<Reply> =>
      service.app.post(path, `{"channel":"call","lost":{"amount":${amount},"currency":"GBP"}}`, {
        headers: { 'idempotency-key': key },
      });
    const first = await send(`/v1/customers/${customerId}/reports`, '1500');
    expect(first.status).toBe(201);
    for (const [path, amount] of [
      [`/v1/customers/${customerId.replace('-', '%2D')}/reports`, '1500.00'],
      [`/v1/customers/%63${customerId.slice(1)}/reports`, '1.5e3'],
    ] as const) {
      const again = await send(path, amount);
      expect(again.body).toEqual(first.body);
      expect(replayed(again)).toBe(true);
    }
    expect(await service.sql('SELECT FROM reports WHERE customer_id = $1', [customerId])).toHaveLength(1);
  });

  it('are judged anew after a refusal that time or another body cures', async () => {
    const { customerId } = await service.customerWithDevice();
    const key = newKey();
    expect((await declare(call(customerId, { purpose: '' }), key)).status).toBe(400);
    expect(await declare(call(customerId), key)).toMatchObject({ status: 201 });
    const { body } = await declare(call(customerId), newKey());
    await service.sql(`UPDATE customers SET recent_prompts = array_fill(now(), ARRAY[5]) WHERE id = $1`, [customerId]);
    const start = newKey();
    const send = (): Promise<Reply> =>
      service.amara.post(`/v1/calls/${body.id}/verification`, undefined, { headers: { 'idempotency-key': start } });
    expect((await send()).status).toBe(429);
    await service.sql(`UPDATE customers SET recent_prompts = '{}' WHERE id = $1`, [customerId]);
    const second = await send();
    expect(second.status).toBe(201);
    expect(replayed(second)).toBe(false);
    expect((await send()).body).toEqual(second.body);
  });
});

describe('a key', () => {
  it('is refused with another body or for another address: 422, and nothing happens', async () => {
    const customerId = newCustomerId();
    const key = newKey();
    const { body } = await declare(call(customerId), key);
    for (const other of [
      call(customerId, { purpose: 'Another' }),
      call(newCustomerId()),
      call(customerId, { verify: false }),
      call(customerId, { agent: { department: 'Fraud' } }),
      call(customerId, { purpose: 'A PAYMENT WE STOPPED' }),
    ]) {
      expect(await declare(other, key)).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/idempotency-key-reused$/) },
      });
    }
    expect(
      await service.amara.post(`/v1/calls/${body.id}/end`, undefined, { headers: { 'idempotency-key': key } }),
    ).toMatchObject({ status: 422 });
    expect((await service.amara.get(`/v1/calls/${body.id}`)).body.state).toBe('live');
    expect(await callsOf(customerId)).toBe(1);
  });

  it("is the caller's own: another person, client or tenant with the same key is independent", async () => {
    const key = newKey();
    const south = await service.clients('southbank');
    const ids = new Set<string>();
    for (const [client, body] of [
      [service.amara, call('shared')],
      [service.ben, call('shared')],
      [service.telephony, call('shared', { agent: { id: 'z', name: 'Zed' } })],
      [south.amara, call('shared', { line: undefined })],
    ] as const) {
      const reply = await declare(body, key, client);
      expect(reply.status).toBe(201);
      expect(replayed(reply)).toBe(false);
      ids.add(reply.body.id);
    }
    expect(ids.size).toBe(4);
  });

  it('never replays a verdict, because an old green one would be wrong', async () => {
    const customerId = newCustomerId();
    const key = newKey();
    const ask = (): Promise<Reply> =>
      service.app.post(
        `/v1/customers/${customerId}/call-verdicts`,
        { trigger: 'ringing', incomingNumber: LINE },
        { headers: { 'idempotency-key': key } },
      );
    expect((await ask()).body.verdict).toBe('not_legitimate');
    const { body } = await declare(call(customerId), newKey());
    expect((await ask()).body.verdict).toBe('legitimate');
    await service.amara.post(`/v1/calls/${body.id}/end`);
    const last = await ask();
    expect(last.body.verdict).toBe('not_legitimate');
    expect(replayed(last)).toBe(false);
  });

  it.each([
    ['half a character', '{"customerId":"cust-1","direction":"outbound","purpose":"\\ud800"}'],
    ['half a character in a name', '{"customerId":"cust-1","direction":"outbound","purpose":"A","\\udfff":1}'],
    ['a number that is none', '{"customerId":"cust-1","direction":"outbound","purpose":1e999}'],
    ['lists within lists', `{"customerId":${'['.repeat(31)}1${']'.repeat(31)}}`],
    ['more within another than is read', `{"customerId":${'['.repeat(40)}1${']'.repeat(40)}}`],
  ])('with a body that is refused for %s is refused alike each time, and free for another', async (_name, body) => {
    const key = newKey();
    for (let time = 0; time < 2; time += 1) {
      const reply = await service.amara.post('/v1/calls', body, { headers: { 'idempotency-key': key } });
      expect(reply.status).toBe(400);
      expect(replayed(reply)).toBe(false);
    }
    expect(await service.sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toEqual([]);
    expect((await declare(call(), key)).status).toBe(201);
  });

  it('with a body that is too large is not even claimed', async () => {
    const key = newKey();
    expect((await declare(call(newCustomerId(), { purpose: 'x'.repeat(70_000) }), key)).status).toBe(413);
    expect(await service.sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toEqual([]);
    expect((await declare(call(), 'k'.repeat(255))).status).toBe(201);
    expect((await declare(call(), 'k'.repeat(256))).status).toBe(400);
  });

  it('is kept for 24 hours', async () => {
    const [body, key] = [call(), newKey()];
    const first = await declare(body, key);
    await service.sql(
      `UPDATE idempotency_keys SET created_at = now() - interval '23 hours 59 minutes' WHERE key = $1`,
      [key],
    );
    expect(replayed(await declare(body, key))).toBe(true);
    await service.sql(`UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 minute' WHERE key = $1`, [
      key,
    ]);
    const later = await declare(body, key);
    expect(replayed(later)).toBe(false);
    expect(later.body.id).not.toBe(first.body.id);
  });

  it('whose process died is taken over once its claim has run out, and not before', async () => {
    const customerId = newCustomerId();
    const [body, key] = [call(customerId), newKey()];
    await declare(body, key);
    await service.sql(
      `UPDATE idempotency_keys SET response_sealed = NULL, claimed_until = now() + interval '30 seconds' WHERE key = $1`,
      [key],
    );
    expect(await declare(body, key)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/idempotency-in-progress$/) },
    });
    await service.sql(`UPDATE idempotency_keys SET claimed_until = now() - interval '1 second' WHERE key = $1`, [key]);
    expect((await declare(call(customerId, { purpose: 'Another' }), key)).status).toBe(422);
    const taken = await Promise.all(Array.from({ length: 10 }, () => declare(body, key)));
    expect(taken.filter((reply) => reply.status === 201 && !replayed(reply))).toHaveLength(1);
    expect(await callsOf(customerId)).toBe(2);
  });

  it('whose request is still running says so, and the answer comes to whoever asks after', async () => {
    const tried = async (): Promise<{ body: object; key: string; first: Reply; meanwhile: Reply }> => {
      const customerId = newCustomerId();
      const [body, key] = [call(customerId), newKey()];
      await declare(call(customerId), newKey());
      const transaction = await OpenTransaction.begin(service);
      await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
      const first = declare(body, key);
      await transaction.untilWaiting();
      const meanwhile = await declare(body, key);
      await transaction.commit();
      return { body, key, first: await first, meanwhile };
    };
    // A lock is waited for 2 s: on a machine that stood still for longer, the first was refused it.
    let all = await tried();
    for (let more = 0; all.first.status === 503 && more < 5; more += 1) all = await tried();
    const { body, key, first, meanwhile } = all;
    expect(meanwhile).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/idempotency-in-progress$/) },
    });
    expect(first.status).toBe(201);
    expect((await declare(body, key)).body).toEqual(first.body);
  });

  it('holds its answer sealed: neither code nor purpose can be read in the table', async () => {
    const { customerId } = await service.customerWithDevice();
    const key = newKey();
    const { body } = await declare(call(customerId, { verify: true, purpose: 'RECOGNISABLE-PURPOSE' }), key);
    const [row] = await service.sql<{ text: string }>(
      `SELECT t::text || encode(response_sealed, 'escape') AS text FROM idempotency_keys t WHERE key = $1`,
      [key],
    );
    expect(row!.text).not.toContain('RECOGNISABLE');
    expect(row!.text).not.toContain(body.verification.code);
  });
});

describe('lists', () => {
  it('are others in another order: 422', async () => {
    const key = newKey();
    const make = (types: string[]): Promise<Reply> =>
      service.admin.post(
        '/v1/webhooks',
        { url: 'http://127.0.0.1:9/x', types },
        { headers: { 'idempotency-key': key } },
      );
    const first = await make(['countersign.call.*', 'countersign.change.*']);
    expect(first.status).toBe(201);
    expect((await make(['countersign.change.*', 'countersign.call.*'])).status).toBe(422);
    expect((await make(['countersign.call.*', 'countersign.change.*'])).body).toEqual(first.body);
  });
});

describe('a report, whose campaign is looked for once it is committed', () => {
  const NUMBER = '+442079460555';
  const report = (customerId: string, key: string): Promise<Reply> =>
    service.amara.post(
      '/v1/reports',
      { customerId, channel: 'call', claimedNumber: NUMBER },
      { headers: { 'idempotency-key': key } },
    );

  it('is seen by those that come at once with it: of as many as make a campaign, one opens it, and each gets its own answer again', async () => {
    const sent = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const [customerId, key] = [newCustomerId(), newKey()];
        return { customerId, key, reply: await report(customerId, key) };
      }),
    );
    expect(sent.map(({ reply }) => reply.status)).toEqual(sent.map(() => 201));
    // What waited too long for another to be compared is compared by the sweeper.
    await expect.poll(() => service.sql('SELECT reach, reports FROM campaigns')).toEqual([{ reach: 12, reports: 12 }]);
    expect(sent.filter(({ reply }) => reply.body.campaign).length).toBeGreaterThan(0);
    for (const { customerId, key, reply } of sent) {
      const again = await report(customerId, key);
      expect(replayed(again)).toBe(true);
      expect(again.body).toEqual(reply.body);
    }
  });

  it('whose process may yet add to its answer is waited for; one that died is answered without its campaign, and so for good', async () => {
    const [customerId, key] = [newCustomerId(), newKey()];
    const first = await report(customerId, key);
    const { campaign, ...early } = first.body;
    expect(campaign).toBeDefined();
    // As it is between the commit of the report and the end of its request, but for the campaign that stands in the kept answer.
    await service.sql(`UPDATE idempotency_keys SET claimed_until = now() + interval '1 minute' WHERE key = $1`, [key]);
    expect(await report(customerId, key)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/idempotency-in-progress$/) },
    });
    await service.sql(`UPDATE idempotency_keys SET claimed_until = now() - interval '1 second' WHERE key = $1`, [key]);
    const [before] = await service.sql(`SELECT claim FROM idempotency_keys WHERE key = $1`, [key]);
    const again = await report(customerId, key);
    expect(replayed(again)).toBe(true);
    expect(again.body).toMatchObject(early);
    const [after] = await service.sql(`SELECT claim, claimed_until FROM idempotency_keys WHERE key = $1`, [key]);
    expect(after).toMatchObject({ claimed_until: -Infinity });
    expect(after.claim).not.toBe(before.claim);
    expect(await service.sql('SELECT FROM reports WHERE customer_id = $1', [customerId])).toHaveLength(1);
  });
});

describe('an answer that could not be kept', () => {
  it('leaves nothing done: the same key declares the call when it is sent again, and no second one', async () => {
    const customerId = newCustomerId();
    const [body, key] = [call(customerId), newKey()];
    // The answer cannot be kept: the table refuses it, as a full disk or a lost connection would.
    await service.sql(
      `CREATE FUNCTION refuse_keeping() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.response_sealed IS NOT NULL THEN RAISE EXCEPTION 'no' USING ERRCODE = 'disk_full'; END IF; RETURN NEW; END $$`,
    );
    await service.sql(
      `CREATE TRIGGER refuse_keeping BEFORE UPDATE ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION refuse_keeping()`,
    );
    const first = await declare(body, key);
    await service.sql(`DROP TRIGGER refuse_keeping ON idempotency_keys`);
    expect(first).toMatchObject({ status: 503, body: { type: expect.stringMatching(/temporarily-unavailable$/) } });
    expect(await callsOf(customerId)).toBe(0);
    const second = await declare(body, key);
    expect(second.status).toBe(201);
    expect(replayed(second)).toBe(false);
    expect((await declare(body, key)).body).toEqual(second.body);
    expect(await callsOf(customerId)).toBe(1);
  });
});

describe('what was done under a key for a customer who is shredded', () => {
  it('gives nothing back any more, and is not done again', async () => {
    const { customerId } = await service.customerWithDevice();
    await giveOldNumber(service, customerId);
    await ringAtAnyHour(service);
    const declared = { customerId, direction: 'outbound', line: LINE, purpose: 'A payment we stopped', verify: true };
    const call = { headers: { 'idempotency-key': 'shred-call' } };
    expect((await service.amara.post('/v1/calls', declared, call)).status).toBe(201);
    const { body: queued } = await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'A question' });
    const claim = { headers: { 'idempotency-key': 'shred-claim' } };
    const claimed = await service.ben.post(`/v1/callbacks/${queued.id}/claim`, {}, claim);
    expect(claimed).toMatchObject({ status: 200, body: { number: expect.stringMatching(/^\+/) } });
    expect((await service.admin.delete(`/v1/customers/${customerId}`)).status).toBe(204);
    for (const again of [
      await service.amara.post('/v1/calls', declared, call),
      await service.ben.post(`/v1/callbacks/${queued.id}/claim`, {}, claim),
    ]) {
      expect(again).toMatchObject({ status: 409, body: { type: expect.stringMatching(/\/problems\/conflict$/) } });
      expect(JSON.stringify(again.body)).not.toMatch(/payment|\+44/);
    }
    expect(await service.sql('SELECT FROM calls WHERE customer_id = $1 AND ended_at IS NULL', [customerId])).toEqual(
      [],
    );
    expect(
      await service.sql('SELECT FROM idempotency_keys WHERE customer_id = $1 AND length(response_sealed) > 0', [
        customerId,
      ]),
    ).toEqual([]);
  });
});

describe('a key behind a thousand other headers', () => {
  it('is read, and what is done under it done once', async () => {
    const customerId = newCustomerId();
    const headers: Record<string, string> = Object.fromEntries(Array.from({ length: 1_100 }, (_, n) => [`a${n}`, 'b']));
    const authorization = `Bearer ${await service.token('agent:amara')}`;
    const asked = {
      method: 'POST',
      path: '/v1/calls',
      headers: { ...headers, authorization, 'content-type': 'application/json', 'idempotency-key': newKey() },
      body: JSON.stringify(call(customerId)),
    };
    const [first, again] = [await send(service.url, asked), await send(service.url, asked)];
    expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([201, 201, 'true']);
    expect(await service.sql('SELECT FROM calls WHERE customer_id = $1', [customerId])).toHaveLength(1);
  });
});
