import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LINE, newCustomerId, OTHER_LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

let numbers = 0;
let records = 0;
const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString();
const newNumber = (): string => `+4477009${String((numbers += 1)).padStart(5, '0')}`;
const record = (more: object = {}) => ({
  recordId: `pbx-${(records += 1)}`,
  direction: 'outbound',
  line: LINE,
  startedAt: at(-5),
  endedAt: at(0),
  ...more,
});

async function imported(lines: object[]) {
  const reply = await service.telephony.postLines(
    '/v1/call-records',
    lines.map((line) => JSON.stringify(line)).join('\n'),
  );
  expect(reply.status).toBe(200);
  return reply.body;
}

async function declared(more: { line?: string; number?: string } = {}) {
  const customerId = newCustomerId();
  if (more.number) await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: more.number }] });
  const { body } = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: more.line ?? LINE,
    purpose: 'A payment we stopped',
  });
  return body.id as string;
}

const declarations = async (...ids: string[]) =>
  Object.fromEntries(
    (await service.analyst.get('/v1/call-records?limit=200')).body.data
      .filter((entry: any) => ids.includes(entry.recordId))
      .map((entry: any) => [entry.recordId, [entry.callId, entry.declaredBy]]),
  );

describe('a call that was really placed', () => {
  it("was declared where the number that was dialled is that customer's, every time they were tried, and on no other line", async () => {
    const number = newNumber();
    const callId = await declared({ number });
    const [first, again, otherLine, otherNumber] = [
      record({ dialled: number }),
      record({ dialled: number.replace('+44', '0') }),
      record({ dialled: number, line: OTHER_LINE }),
      record({ dialled: newNumber() }),
    ];
    expect(await imported([first, again, otherLine, otherNumber])).toEqual({
      accepted: 4,
      duplicates: 0,
      rejected: [],
      rejectedCount: 0,
    });
    expect(await declarations(first.recordId, again.recordId, otherLine.recordId, otherNumber.recordId)).toEqual({
      [first.recordId]: [callId, 'number'],
      [again.recordId]: [callId, 'number'],
      [otherLine.recordId]: [null, null],
      [otherNumber.recordId]: [null, null],
    });
  });

  it('with no number to tell is found by line and time, and one declaration covers one call', async () => {
    const line = '+442079460107';
    await service.admin.put(`/v1/lines/${encodeURIComponent(line)}`, { use: 'outbound', label: 'Switchboard' });
    const callId = await declared({ line });
    const [near, far] = [record({ line, startedAt: at(-1) }), record({ line, startedAt: at(-200) })];
    await imported([far, near]);
    expect(await declarations(near.recordId, far.recordId)).toEqual({
      [near.recordId]: [callId, 'time'],
      [far.recordId]: [null, null],
    });
    expect(await imported([near, { ...far, recordId: 'again' }])).toMatchObject({ accepted: 1, duplicates: 1 });
    expect(await declarations('again')).toEqual({ again: [null, null] });
  });

  it.each([
    '4711',
    'anonymous',
    'sip:unknown@pbx.example',
    '*21*07700900123#',
    '\ud83d\udcde',
    '+44 20 7946 0100 / +44 20 7946 0101',
  ])("to something that nobody can read (%s) is no other customer's", async (dialled) => {
    const line = `+4420794601${50 + (records % 40)}`;
    await service.admin.put(`/v1/lines/${encodeURIComponent(line)}`, { use: 'outbound', label: 'Unreadable' });
    const callId = await declared({ line, number: newNumber() });
    const [unreadable, left] = [record({ line, dialled }), record({ line, dialled: ' \u200b' })];
    await imported([unreadable]);
    expect(await declarations(unreadable.recordId)).toEqual({ [unreadable.recordId]: [null, null] });
    await imported([left]);
    expect(await declarations(left.recordId)).toEqual({ [left.recordId]: [callId, 'time'] });
  });

  it('before it was declared, or after that call had ended, was not declared', async () => {
    const number = newNumber();
    const callId = await declared({ number });
    await service.amara.post(`/v1/calls/${callId}/end`);
    await service.sql(
      `UPDATE calls SET started_at = now() - interval '20 minutes', ended_at = now() - interval '10 minutes' WHERE customer_id = (SELECT customer_id FROM calls ORDER BY id DESC LIMIT 1)`,
    );
    const [before, during, after] = [
      record({ dialled: number, startedAt: at(-1_500), endedAt: at(-1_300) }),
      record({ dialled: number, startedAt: at(-900), endedAt: at(-800) }),
      record({ dialled: number }),
    ];
    await imported([before, during, after]);
    expect(await declarations(before.recordId, during.recordId, after.recordId)).toEqual({
      [before.recordId]: [null, null],
      [during.recordId]: [callId, 'number'],
      [after.recordId]: [null, null],
    });
  });

  it('two imports at once do not both take one declaration', async () => {
    const line = '+442079460108';
    await service.admin.put(`/v1/lines/${encodeURIComponent(line)}`, { use: 'outbound', label: 'Switchboard' });
    await declared({ line });
    await Promise.all(Array.from({ length: 6 }, () => imported([record({ line })])));
    expect(
      (await service.analyst.get(`/v1/call-records?declared=true&line=${encodeURIComponent(line)}`)).body.data,
    ).toHaveLength(1);
    expect(
      (await service.analyst.get(`/v1/call-records?declared=false&line=${encodeURIComponent(line)}`)).body.data,
    ).toHaveLength(5);
  });

  it('leaves no trace of the number, clear or hashed', async () => {
    const number = newNumber();
    await imported([record({ dialled: number })]);
    const rows = await service.sql<{ row: string }>(
      'SELECT r::text AS row FROM call_records r UNION ALL SELECT data::text FROM events',
    );
    expect(rows.filter(({ row }) => row.includes(number.slice(4)))).toEqual([]);
  });
});

describe('coverage', () => {
  it('is shown by line and by team, those with most undeclared calls first', async () => {
    const [line, other] = ['+442079460105', '+442079460106'];
    for (const one of [line, other])
      await service.admin.put(`/v1/lines/${encodeURIComponent(one)}`, { use: 'outbound', label: 'x' });
    const number = newNumber();
    await declared({ number, line });
    await imported([
      record({ line, dialled: number, team: 'Cards' }),
      record({ line, dialled: newNumber(), team: 'Collections' }),
      record({ line: other, dialled: newNumber(), team: 'Collections' }),
      record({ line: other, dialled: newNumber(), team: 'Collections' }),
      record({ line, direction: 'inbound', team: 'Cards' }),
    ]);
    const byLine = (await service.analyst.get('/v1/coverage')).body;
    expect(byLine.data).toEqual(
      expect.arrayContaining([
        { line, declared: 1, undeclared: 1, total: 2, share: 0.5 },
        { line: other, declared: 0, undeclared: 2, total: 2, share: 0 },
      ]),
    );
    expect(byLine.total).toBe(byLine.declared + byLine.undeclared);
    const byTeam = (await service.admin.get(`/v1/coverage?by=team&from=${at(-60)}&to=${at(60)}`)).body;
    expect(byTeam.data).toEqual(
      expect.arrayContaining([
        { team: 'Collections', declared: 0, undeclared: 3, total: 3, share: 0 },
        { team: 'Cards', declared: 1, undeclared: 0, total: 1, share: 1 },
      ]),
    );
    expect((await service.admin.get(`/v1/coverage?from=${at(-86_400)}&to=${at(-86_000)}`)).body).toMatchObject({
      total: 0,
      share: null,
      data: [],
    });
    expect((await service.admin.get(`/v1/coverage?from=${at(60)}&to=${at(-60)}`)).status).toBe(400);
    expect((await service.admin.get(`/v1/coverage?from=2020-01-01T00:00:00Z`)).status).toBe(400);
    expect((await service.admin.get('/v1/coverage?by=customer')).status).toBe(400);
  });

  it('pages through the calls that were never declared without gap', async () => {
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { body } = await service.analyst.get(`/v1/call-records?declared=false&limit=3${after}`);
      seen.push(...body.data.map((entry: { recordId: string }) => entry.recordId));
      if (body.next === null) break;
      after = `&after=${encodeURIComponent(body.next)}`;
    }
    expect(seen).toEqual(
      (await service.analyst.get('/v1/call-records?declared=false&limit=200')).body.data.map(
        (entry: { recordId: string }) => entry.recordId,
      ),
    );
    expect(new Set(seen).size).toBe(seen.length);
    expect((await service.analyst.get('/v1/call-records?after=x')).status).toBe(400);
  });

  it('is told when it falls under the floor, once a fall, and when it is back', async () => {
    const south = await service.clients('southbank');
    await south.admin.put(
      '/v1/policy',
      { coverage: { floorPercent: 50, windowSeconds: 3_600, minimumCalls: 4 } },
      { headers: { 'if-match': '"0"' } },
    );
    const told = (isOfAll = true) =>
      service.sql<{ type: string; data: object }>(
        `SELECT type, data FROM events WHERE tenant_id = 'southbank' AND type LIKE 'countersign.coverage.%' AND NOT (data ?| '{line,team}') = $1 ORDER BY sequence`,
        [isOfAll],
      );
    const take = (more: object[]) =>
      south.telephony.postLines('/v1/call-records', more.map((line) => JSON.stringify(line)).join('\n'));
    const number = newNumber();
    await south.admin.put('/v1/customers/south-1', { phoneNumbers: [{ number }] });
    await south.amara.post('/v1/calls', { customerId: 'south-1', direction: 'outbound', purpose: 'Hello' });
    await take([record(), record(), record()]);
    expect(await told()).toEqual([]);
    await take([record()]);
    expect(await told()).toEqual([
      {
        type: 'countersign.coverage.low',
        data: {
          declared: expect.any(Number),
          total: 4,
          share: expect.any(Number),
          floorPercent: 50,
          windowSeconds: 3_600,
        },
      },
    ]);
    await Promise.all(Array.from({ length: 4 }, () => take([record()])));
    expect([await told(), await told(false)]).toMatchObject([
      { length: 1 },
      [{ type: 'countersign.coverage.low', data: { line: LINE } }],
    ]);
    await take(Array.from({ length: 20 }, () => record({ dialled: number })));
    expect((await told()).map(({ type }) => type)).toEqual([
      'countersign.coverage.low',
      'countersign.coverage.recovered',
    ]);
    await take(Array.from({ length: 40 }, () => record()));
    expect((await told()).map(({ type }) => type)).toEqual([
      'countersign.coverage.low',
      'countersign.coverage.recovered',
      'countersign.coverage.low',
    ]);
  });

  it('is told for a line and for a team of its own, where all calls together are well covered', async () => {
    const south = await service.clients('southbank');
    const lines = ['+442079460111', '+442079460112'];
    for (const line of lines)
      await south.admin.put(`/v1/lines/${encodeURIComponent(line)}`, { use: 'outbound', label: 'x' });
    await south.admin.put(
      '/v1/policy',
      { coverage: { floorPercent: 50, marginPercent: 10, windowSeconds: 3_600, minimumCalls: 10 } },
      { headers: { 'if-match': (await south.admin.get('/v1/policy')).headers.get('etag')! } },
    );
    const number = newNumber();
    await south.admin.put('/v1/customers/south-2', { phoneNumbers: [{ number }] });
    await south.amara.post('/v1/calls', { customerId: 'south-2', direction: 'outbound', purpose: 'Hello' });
    const since = (await service.sql(`SELECT max(sequence) AS last FROM events`))[0].last as string;
    const told = () =>
      service.sql<{ type: string; data: { line?: string; team?: string; total: number } }>(
        `SELECT type, data FROM events WHERE tenant_id = 'southbank' AND type LIKE 'countersign.coverage.%' AND sequence > $1 ORDER BY sequence`,
        [since],
      );
    const what = async () =>
      (await told()).map(({ type, data }) => [type.split('.').at(-1), data.line ?? data.team ?? 'all']);
    const take = (count: number, more: object) =>
      south.telephony.postLines(
        '/v1/call-records',
        Array.from({ length: count }, () => JSON.stringify(record(more))).join('\n'),
      );
    await take(200, { line: lines[0], dialled: number, team: 'Cards' });
    expect(await what()).toEqual([['recovered', 'all']]);
    await take(9, { line: lines[1], team: 'Collections' });
    expect(await what()).toHaveLength(1);
    await take(1, { line: lines[1], team: 'Collections' });
    expect((await what()).slice(1)).toEqual(
      expect.arrayContaining([
        ['low', lines[1]],
        ['low', 'Collections'],
      ]),
    );
    expect((await told())[1]!.data).toEqual({
      line: lines[1],
      declared: 0,
      total: 10,
      share: 0,
      floorPercent: 50,
      windowSeconds: 3_600,
    });
    // At the floor and above, but within the margin: neither back, nor low once more.
    await take(11, { line: lines[1], dialled: number, team: 'Collections' });
    await take(2, { line: lines[1], team: 'Collections' });
    await take(3, { line: lines[1], dialled: number, team: 'Collections' });
    expect(await what()).toHaveLength(3);
    await take(20, { line: lines[1], dialled: number, team: 'Collections' });
    expect((await what()).slice(3)).toEqual(
      expect.arrayContaining([
        ['recovered', lines[1]],
        ['recovered', 'Collections'],
      ]),
    );
    // Calls whose record names no team are no team.
    await take(30, { line: lines[0], team: undefined });
    expect(await what()).toHaveLength(5);
    // Lists tell of what no open transaction of the cluster can still come before, and other specs have some.
    const low = async (): Promise<number> =>
      (await south.analyst.get('/v1/events?types=countersign.coverage.low&limit=200')).body.data.length;
    await expect.poll(low).toBeGreaterThan(2);
  });

  it("is a tenant's own", async () => {
    const south = await service.clients('southbank');
    const mine = (await south.analyst.get('/v1/call-records?limit=200')).body.data.map(
      (entry: { recordId: string }) => entry.recordId,
    );
    const theirs = (await service.analyst.get('/v1/call-records?limit=200')).body.data.map(
      (entry: { recordId: string }) => entry.recordId,
    );
    expect(mine.filter((id: string) => theirs.includes(id))).toEqual([]);
  });
});

describe('a record that cannot be taken', () => {
  it.each<[string, object | string, string]>([
    ['no object', '7', 'must be an object'],
    ['another field', { colour: 'red' }, 'has a field that no call record has'],
    ['no id', { recordId: undefined }, 'recordId'],
    ['an id with a space', { recordId: 'a b' }, 'recordId'],
    ['no direction', { direction: 'sideways' }, 'direction'],
    ['no line', { line: 'reception' }, 'line'],
    ['a number for a number', { dialled: 7 }, 'dialled'],
    ['a day that is none', { startedAt: 'yesterday' }, 'startedAt'],
    ['a year that is none', { startedAt: '0000-01-01T00:00:00Z' }, 'startedAt'],
    ['an end before the start', { endedAt: at(-60) }, 'endedAt'],
    ['a team of control characters', { team: 'a\u0001b' }, 'team'],
    ['a NUL', { dialled: '+44\u0000' }, 'NUL'],
  ])('for %s is named, and its neighbours are taken', async (_what, change, detail) => {
    const bad = typeof change === 'string' ? change : JSON.stringify({ ...record(), ...change });
    const { status, body } = await service.telephony.postLines(
      '/v1/call-records',
      `${JSON.stringify(record())}\n${bad}\n${JSON.stringify(record({ dialled: 'extension 12' }))}\n`,
    );
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { accepted: 2, rejected: [{ line: 2, detail: expect.stringContaining(detail) }] },
    });
  });
});
