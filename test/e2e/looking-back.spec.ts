import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giveOldNumber, ringAtAnyHour } from '../support/changes.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

const declare = async (customerId: string, more: object = {}): Promise<any> =>
  (
    await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      ...more,
    })
  ).body;
const short = ({ type }: { type: string }): string => type.replace('countersign.', '');
/** Once all has settled: an open transaction of any other test holds the log back. */
async function events(query: string, expected: (types: string[]) => void): Promise<any[]> {
  let data: any[] = [];
  await expect
    .poll(
      async () => {
        const reply = await service.analyst.get(`/v1/events?${query}`);
        expect(reply.status, query).toBe(200);
        data = reply.body.data;
        try {
          expected(data.map(short));
          return true;
        } catch {
          return data.map(short);
        }
      },
      { timeout: 60_000 },
    )
    .toBe(true);
  return data;
}

describe('the event log', () => {
  it('is looked back into: of a customer, about a thing, between times, newest first', async () => {
    const device = await service.customerWithDevice();
    const { customerId } = device;
    const call = await declare(customerId, { verify: true });
    await service.amara.post(`/v1/calls/${call.id}/end`);
    const story = [
      'customer.created',
      'device.enrolled',
      'call.declared',
      'verification.started',
      'verification.cancelled',
      'call.ended',
    ];
    const all = await events(`customerId=${customerId}`, (types) => expect(types).toEqual(story));
    await events(`customerId=${customerId}&order=desc`, (types) => expect(types).toEqual([...story].reverse()));
    for (const [subject, types] of [
      [call.id, ['call.declared', 'call.ended']],
      [call.verification.id, ['verification.started', 'verification.cancelled']],
      [device.id, ['device.enrolled']],
      [customerId, ['customer.created']],
    ])
      await events(`subject=${subject}`, (found) => expect(found).toEqual(types));
    await events(`subject=${call.id}&customerId=${newCustomerId()}`, (found) => expect(found).toEqual([]));
    await events(`customerId=${customerId}&types=countersign.call.*`, (found) =>
      expect(found).toEqual(['call.declared', 'call.ended']),
    );
    const from = all[3].time;
    const own = (rows: any[]): string[] => rows.filter(({ data }) => data.customerId === customerId).map(short);
    const later = await events(`from=${from}&limit=200`, (types) => expect(types).toContain('call.ended'));
    expect(own(later)[0]).toBe(short(all.find(({ time }) => time >= from)));
    for (const row of later) expect(row.time >= from).toBe(true);
    const earlier = await events(`to=${from}&order=desc&limit=200`, (types) =>
      expect(types).toContain('device.enrolled'),
    );
    for (const row of earlier) expect(row.time < from).toBe(true);
    // Before the epoch there is nothing, and from then on there is everything.
    for (const early of ['1900-01-01T00:00:00Z', '1970-01-01T00:00:00Z']) {
      await events(`from=${early}&limit=200`, (types) => expect(types).toContain('customer.created'));
      await events(`to=${early}`, (types) => expect(types).toEqual([]));
    }
    // Page after page, each once.
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      for (let after = ''; ;) {
        const { body } = await service.analyst.get(
          `/v1/events?customerId=${customerId}&order=${order}&limit=2${after}`,
        );
        seen.push(...body.data.map(({ id }: { id: string }) => id));
        if (body.next === null) break;
        after = `&after=${body.next}`;
      }
      expect(seen).toEqual((order === 'asc' ? all : [...all].reverse()).map(({ id }) => id));
    }
    const south = (await service.clients('southbank')).analyst;
    for (const query of [`customerId=${customerId}`, `subject=${call.id}`, `subject=${customerId}`])
      expect((await south.get(`/v1/events?${query}`)).body.data, query).toEqual([]);
    for (const wrong of [
      'order=up',
      'from=yesterday',
      'to=2026-02-30T00:00:00Z',
      'customerId=a%20b',
      'subject=',
      'since=1',
    ])
      expect((await service.analyst.get(`/v1/events?${wrong}`)).status, wrong).toBe(400);
  });

  it('is streamed from a time that has passed, and from there on', async () => {
    const customerId = newCustomerId();
    await declare(customerId);
    const [, declared] = await events(`customerId=${customerId}`, (types) => expect(types).toHaveLength(2));
    const stream = await service.analyst.stream(`/v1/events/stream?from=${declared.time}&types=countersign.call.*`);
    expect(await stream.next()).toMatchObject({ event: 'call.declared', id: declared.id });
    const next = await declare(customerId);
    expect((await stream.next())!.data.subject).toBe(next.id);
    stream.close();
    const early = await service.analyst.stream('/v1/events/stream?from=1900-01-01T00:00:00Z&types=countersign.call.*');
    expect(await early.next()).toMatchObject({ event: 'call.declared' });
    early.close();
    const ahead = await service.analyst.stream('/v1/events/stream?from=2999-01-01T00:00:00Z');
    ahead.close();
    expect((await service.analyst.get('/v1/events/stream?from=now')).status).toBe(400);
  });
});

describe('verifications and reports', () => {
  it('are listed for analysts and supervisors, by customer and by status', async () => {
    const device = await service.customerWithDevice();
    const { customerId } = device;
    const call = await declare(customerId, { verify: true });
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'no', reason: 'not_on_a_call' });
    await service.amara.post(`/v1/calls/${call.id}/verification`);
    for (const by of ['analyst', 'dana'] as const) {
      const list = async (query: string): Promise<string[]> =>
        (await service[by].get(`/v1/verifications?${query}`)).body.data.map(({ status }: { status: string }) => status);
      expect(await list(`customerId=${customerId}`)).toEqual(['waiting', 'denied']);
      expect(await list(`customerId=${customerId}&status=denied`)).toEqual(['denied']);
      expect(new Set(await list('status=denied'))).toEqual(new Set(['denied']));
      expect(await list('status=waiting')).toContain('waiting');
      expect(await list('status=locked')).toEqual([]);
      expect((await list('limit=1')).length).toBe(1);
    }
    expect((await service.amara.get('/v1/verifications')).status).toBe(400);
    expect((await service.app.get('/v1/verifications')).status).toBe(403);
    expect((await service.analyst.get('/v1/verifications?status=lost')).status).toBe(400);
    const { body: report } = await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call' });
    const reports = await service.analyst.get(`/v1/reports?customerId=${customerId}`);
    expect(reports.body.data.map(({ id }: { id: string }) => id)).toEqual([report.id]);
    expect((await service.analyst.get(`/v1/reports?customerId=${newCustomerId()}`)).body.data).toEqual([]);
  });
});

describe('the id that another system has', () => {
  it('is kept with calls, callbacks and changes, and finds them', async () => {
    const { customerId } = await service.customerWithDevice();
    await giveOldNumber(service, customerId);
    const external = { externalId: `case/${customerId}`, externalSystem: 'salesforce' };
    const made = {
      calls: await declare(customerId, external),
      callbacks: (await service.amara.post('/v1/callbacks', { customerId, reason: 'Ring', ...external })).body,
      changes: (
        await service.amara.post('/v1/changes', {
          customerId,
          subject: 'email',
          after: { email: 'new@customer.example' },
          askedThrough: 'phone',
          ...external,
        })
      ).body,
    };
    const id = encodeURIComponent(external.externalId);
    for (const [what, thing] of Object.entries(made)) {
      expect(thing, what).toMatchObject(external);
      for (const by of ['amara', 'dana', 'analyst'] as const) {
        const find = async (query: string): Promise<string[]> =>
          (await service[by].get(`/v1/${what}?${query}`)).body.data.map((one: { id: string }) => one.id);
        expect(await find(`externalId=${id}`), what).toEqual([thing.id]);
        expect(await find(`externalId=${id}&externalSystem=salesforce`), what).toEqual([thing.id]);
        expect(await find(`externalId=${id}&externalSystem=flex`), what).toEqual([]);
        expect(await find(`externalId=${id}x`), what).toEqual([]);
        expect((await service[by].get(`/v1/${what}/${thing.id}`)).body, what).toMatchObject(external);
      }
    }
    for (const wrong of [
      { externalId: '' },
      { externalId: 'a b' },
      { externalId: 'x'.repeat(129) },
      { externalSystem: 'a/b' },
    ])
      expect(
        (await service.amara.post('/v1/callbacks', { customerId, reason: 'Ring', ...wrong })).status,
        JSON.stringify(wrong),
      ).toBe(400);
  });
});
