import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import {
  type ApiDocument,
  type ApiSchema,
  fetchDocument,
  type NamedOperation,
  operationsOf,
} from '../support/openapi-document.js';
import { type RawReply, send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

/** Every field and parameter that holds a time, on every route and in every import: one reader. */
let service: TestService;
let document: ApiDocument;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  service = await startTestService();
  document = await fetchDocument(service.url);
  for (const scope of ['app', 'telephony', 'admin', 'analyst', 'agent'])
    tokens[scope] = await service.token(scope === 'agent' ? 'agent:amara' : scope);
});
afterAll(() => service.stop());

const NO_TIMES = [
  '2026-02-30T10:00:00Z',
  '2026-02-29T10:00:00Z',
  '2100-02-29T10:00:00Z',
  '2026-04-31T10:00:00+01:00',
  '2026-06-31T00:00:00Z',
  '2026-00-10T10:00:00Z',
  '2026-13-01T10:00:00Z',
  '2026-01-00T10:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T23:60:00Z',
  '2026-01-31T23:59:61Z',
  '2026-01-31T09:30:60Z',
  '2026-06-30T23:59:60Z',
  '9999-12-31T23:59:59-12:00',
  '9999-12-31T23:59:59.999-00:01',
  '+010000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '1899-12-31T23:59:59Z',
  '1900-01-01T00:00:00+00:01',
  '2026-01-31T09:30:00+15:00',
  '2026-01-31T09:30:00+14:01',
  '2026-01-31T09:30:00+09:60',
  '2026-01-31T09:30:00+0100',
  '2026-01-31T09:30:00+01',
  '2026-01-31T09:30:00',
  '2026-01-31T09:30Z',
  '2026-01-31 09:30:00Z',
  '2026-01-31',
  '2026-01-31T09:30:00.Z',
  '2026-01-31T09:30:00,5Z',
  '２０２６-01-31T09:30:00Z',
  '٢٠٢٦-01-31T09:30:00Z',
  '2026-01-31T09:30:00Z ',
  ' 2026-01-31T09:30:00Z',
  '2026-01-31T09:30:00Z\n',
  '20260131T093000Z',
  '1769851800',
  'now',
  'infinity',
  '',
];

const TIMES: [written: string, means: string][] = [
  ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
  ['2026-01-31t09:30:00z', '2026-01-31T09:30:00.000Z'],
  ['2026-01-31T09:30:00-00:00', '2026-01-31T09:30:00.000Z'],
  ['2026-01-31T09:30:00.123456789012+05:45', '2026-01-31T03:45:00.123Z'],
  ['2024-02-29T23:30:00-02:30', '2024-03-01T02:00:00.000Z'],
  ['2026-01-31T09:30:00+14:00', '2026-01-30T19:30:00.000Z'],
  ['9999-12-31T23:59:59.9999999Z', '9999-12-31T23:59:59.999Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['1990-12-31T15:59:60-08:00', '1991-01-01T00:00:00.000Z'],
];

function ask({ method, operation }: NamedOperation, path: string, body?: unknown): Promise<RawReply> {
  const authorization = `Bearer ${tokens[operation.security![0]!.bearer![0]!]}`;
  return send(service.url, {
    method: method.toUpperCase(),
    path,
    headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}

const addressOf = ({ path }: NamedOperation): string =>
  path.replace(/\{number\}/, encodeURIComponent(LINE)).replace(/\{\w+\}/g, 'x');

interface TimeField {
  readonly named: NamedOperation;
  readonly pointer: string;
  readonly ask: (time: string) => Promise<RawReply>;
}

function timeFields(): TimeField[] {
  return operationsOf(document).flatMap((named) => {
    const query = (named.operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'query' && parameter.schema.format === 'date-time')
      .map(({ name }) => ({
        named,
        pointer: `#/${name}`,
        ask: (time: string) => ask(named, `${addressOf(named)}?${name}=${encodeURIComponent(time)}`),
      }));
    const json = named.operation.requestBody?.content['application/json'];
    const body = json
      ? placesOf(json.schema, '#').map((pointer) => ({
          named,
          pointer,
          ask: (time: string) => ask(named, addressOf(named), set(structuredClone(json.example), pointer, time)),
        }))
      : [];
    return [...query, ...body];
  });
}

function placesOf(given: ApiSchema, at: string): string[] {
  const ref = given.$ref ?? given.allOf?.[0]?.$ref;
  const schema: ApiSchema = ref ? document.components.schemas[ref.split('/').at(-1)]! : given;
  if (schema.format === 'date-time') return [at];
  return [
    ...Object.entries(schema.properties ?? {}).flatMap(([name, property]) => placesOf(property, `${at}/${name}`)),
    ...(schema.items ? placesOf(schema.items, `${at}/0`) : []),
  ];
}

function set(body: any, pointer: string, value: string): unknown {
  const path = pointer.slice(2).split('/');
  const holder = path.slice(0, -1).reduce((at, name) => (at[name] ??= {}), body);
  holder[path.at(-1)!] = value;
  return body;
}

describe('a time', () => {
  it('that does not exist is refused by every field and every parameter that holds one', async () => {
    const fields = timeFields();
    expect(fields.map(({ named, pointer }) => `${named.operation.operationId} ${pointer}`)).toEqual(
      expect.arrayContaining([
        'putCustomer #/phoneNumbers/0/since',
        'requestCallback #/notBefore',
        'requestCallbackFor #/notAfter',
        'makeReport #/receivedAt',
        'registerNotice #/sentAt',
        'checkNotice #/receivedAt',
        'replayWebhook #/since',
        'listReports #/from',
        'exportReports #/to',
        'getCoverage #/from',
      ]),
    );
    for (const field of fields) {
      for (const time of NO_TIMES) {
        const reply = await field.ask(time);
        const what = `${field.named.operation.operationId} ${field.pointer} ${JSON.stringify(time)}`;
        expect(`${what}: ${reply.status}`).toBe(`${what}: 400`);
        expect(
          reply.body.errors.map((error: { pointer: string }) => error.pointer),
          what,
        ).toContain(field.pointer);
      }
    }
  });

  it('that exists is read by every one of them, however RFC 3339 lets it be written', async () => {
    // A stream from a time that exists opens, and stays open.
    const streams = ({ named }: TimeField): boolean =>
      'text/event-stream' in (named.operation.responses['200']?.content ?? {});
    for (const field of timeFields().filter((one) => !streams(one))) {
      for (const [time] of TIMES) {
        const reply = await field.ask(time);
        const what = `${field.named.operation.operationId} ${field.pointer} ${time}`;
        expect(reply.status, what).toBeLessThan(500);
        if (reply.status === 400)
          expect(reply.body.errors.map(({ detail }: { detail: string }) => detail).join(), what).not.toMatch(/time/);
      }
    }
  });

  it('is kept and shown as the moment that it is', async () => {
    for (const [written, means] of TIMES) {
      const { body } = await service.admin.post('/v1/notices', {
        channel: 'letter',
        summary: 'A time',
        sentAt: written,
      });
      expect(body.sentAt, written).toBe(means);
      // What is said to have come later than now came now.
      if (means > '2030') continue;
      const report = await service.amara.post('/v1/reports', {
        customerId: newCustomerId(),
        channel: 'letter',
        receivedAt: written,
      });
      expect((await service.analyst.get(`/v1/reports/${report.body.id}`)).body.receivedAt, written).toBe(means);
    }
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900123', since: '2020-02-29t12:00:00.5+01:00' }],
    });
    expect((await service.admin.get(`/v1/customers/${customerId}`)).body.phoneNumbers[0].since).toBe(
      '2020-02-29T11:00:00.500Z',
    );
  });

  it('far ahead is never answered with a year of six digits', async () => {
    const { customerId } = await service.customerWithDevice();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900124', since: '2020-01-01T00:00:00Z' }],
    });
    await service.sql('UPDATE contact_points SET recorded_at = since');
    const bodies = [];
    for (const notBefore of ['9999-12-30T09:00:00Z', '9999-12-31T09:00:00Z', '9999-12-31T23:59:59Z'])
      bodies.push((await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'x', notBefore })).body);
    bodies.push((await service.analyst.get('/v1/coverage?to=9999-12-31T23:59:59Z&from=9999-12-30T00:00:00Z')).body);
    expect(JSON.stringify(bodies)).not.toMatch(/[+-]\d{6}-/);
  });
});

describe('a call record', () => {
  let records = 0;
  const line = (change: object): string =>
    JSON.stringify({
      recordId: `time-${(records += 1)}`,
      direction: 'outbound',
      line: LINE,
      startedAt: '2026-03-01T10:00:00Z',
      ...change,
    });
  const imported = (lines: string[]) => service.telephony.postLines('/v1/call-records', lines.join('\n'));

  it('of a time that does not exist is named, and is not moved to another day', async () => {
    const wrong = NO_TIMES.flatMap((time) => [
      line({ startedAt: time }),
      line({ startedAt: '2026-01-31T09:30:00Z', endedAt: time }),
    ]);
    const { body } = await imported(wrong);
    expect(body).toMatchObject({ accepted: 0, rejectedCount: wrong.length });
    expect(body.rejected[0].detail).toMatch(/^startedAt must be an RFC 3339 time/);
    expect(await service.sql('SELECT record_id FROM call_records')).toEqual([]);
  });

  it('of one that exists is kept as the moment that it is', async () => {
    const given = TIMES.filter(([, means]) => means < '2030');
    const { body } = await imported(given.map(([startedAt], index) => line({ recordId: `odd-${index}`, startedAt })));
    expect(body).toMatchObject({ accepted: given.length, rejectedCount: 0 });
    const kept = await service.sql<{ started_at: Date }>(
      `SELECT started_at FROM call_records WHERE record_id LIKE 'odd-%' ORDER BY record_id`,
    );
    expect(kept.map(({ started_at: at }) => at.toISOString())).toEqual(given.map(([, means]) => means));
  });

  it('is paged by no cursor that is none', async () => {
    for (const after of [
      '999999999999999.x',
      '253402300800000.x',
      '8640000000000001.x',
      `1.${'x'.repeat(129)}`,
      '1.é',
      '-1.x',
      '1e3.x',
    ]) {
      expect((await service.analyst.get(`/v1/call-records?after=${encodeURIComponent(after)}`)).status, after).toBe(
        400,
      );
    }
    expect((await service.analyst.get('/v1/call-records?after=253402300799999.x')).status).toBe(200);
  });
});

describe("a device's clock", () => {
  it('may be as far ahead for an enrolment as for an answer: 60 s, and no more', async () => {
    const enrolled = async (secondsAhead: number): Promise<number> => {
      const device = await CustomerDevice.make(newCustomerId());
      return (await enrol(device, await device.enrolmentProof({ iat: nowAnd(secondsAhead) }))).status;
    };
    expect([await enrolled(0), await enrolled(6), await enrolled(30), await enrolled(58), await enrolled(-30)]).toEqual(
      [201, 201, 201, 201, 201],
    );
    expect([await enrolled(90), await enrolled(3_600), await enrolled(-90)]).toEqual([422, 422, 422]);
    const device = await service.customerWithDevice();
    const answered = async (secondsAhead: number): Promise<number> => {
      const { body } = await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'outbound',
        purpose: 'x',
        verify: true,
      });
      const question = (await device.waitingQuestion(service.app))!;
      const jws = await device.signAnswer(
        question,
        { answer: 'yes', code: body.verification.code },
        { iat: nowAnd(secondsAhead) },
      );
      const { status } = await service.app.post(`/v1/verifications/${question.id}/answer`, { jws });
      await service.amara.post(`/v1/calls/${body.id}/end`);
      return status;
    };
    expect([await answered(58), await answered(90), await answered(-30), await answered(-90)]).toEqual([
      200, 422, 200, 422,
    ]);
  });

  it('that is ahead lets no proof be used twice', async () => {
    const device = await CustomerDevice.make(newCustomerId());
    const proof = await device.enrolmentProof({ iat: nowAnd(55) });
    const first = await enrol(device, proof);
    expect(first.status).toBe(201);
    expect((await service.app.delete(`/v1/customers/${device.customerId}/devices/${first.body.id}`)).status).toBe(204);
    expect((await enrol(device, proof)).status).toBe(422);
  });
});

const nowAnd = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
const enrol = ({ customerId, publicKey }: CustomerDevice, proof: string) =>
  service.app.post(`/v1/customers/${customerId}/devices`, { name: 'x', platform: 'ios', publicKey, proof });
