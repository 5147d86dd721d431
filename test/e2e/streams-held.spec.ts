import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EventStream, ServiceClient } from '../support/service-client.js';
import { useOwnCluster } from '../support/database.js';
import { ForeignTransaction } from '../support/foreign-transaction.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

let endCluster: () => Promise<void>;
let service: TestService;
let elsewhere: TestService['running'];
beforeAll(async () => {
  // What is held here would hold back the log of every other spec.
  endCluster = await useOwnCluster();
  service = await startTestService();
  elsewhere = await service.startAnother();
});
afterAll(async () => {
  await service?.stop();
  await endCluster?.();
});

let held: ForeignTransaction;
beforeEach(async () => {
  held = await ForeignTransaction.begin();
});
afterEach(() => held.end());

const at = async (url: string, identity: string): Promise<ServiceClient> =>
  new ServiceClient(url, await service.token(identity));

/** Opens a stream and lets it come to rest. */
async function watch(client: ServiceClient, path: string): Promise<EventStream> {
  const stream = await client.stream(path);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return stream;
}

/** That an act is told of on a stream while that transaction is open still: it ends after the test. */
async function expectTold({
  act,
  stream,
  event,
}: {
  act: () => Promise<unknown>;
  stream: EventStream;
  event: string;
}): Promise<void> {
  await act();
  expect((await stream.waitFor(event)).event).toBe(event);
  stream.close();
}

describe("while somebody else's transaction is open in another database of the cluster", () => {
  it.each([
    ['this process', () => service.url],
    ['another process', () => elsewhere.url],
  ])('a relay that a verdict finds is told to the agent at once, whose stream is at %s', async (_where, url) => {
    const agent = await at(url(), 'agent:amara');
    const { customerId } = await service.customerWithDevice();
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId,
      direction: 'inbound',
      line: CARD_LINE,
      purpose: 'Says they want to raise a limit',
    });
    const act = () =>
      onceReached(() =>
        service.app.post(`/v1/customers/${customerId}/call-verdicts`, {
          trigger: 'customer',
          incomingNumber: '+447700900999',
        }),
      );
    await expectTold({ act, stream: await watch(agent, `/v1/calls/${call.id}/stream`), event: 'call.relay_suspected' });
  });

  it("a relay that the customer's answer reports is told at once", async () => {
    const device = await service.customerWithDevice();
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'inbound',
      line: CARD_LINE,
      purpose: 'Says they want to raise a limit',
      verify: true,
    });
    const question = (await device.waitingQuestion(service.app))!;
    await expectTold({
      act: () => device.answer(service.app, question, { answer: 'no', reason: 'they_called_me' }),
      stream: await watch(service.amara, `/v1/calls/${call.id}/stream`),
      event: 'call.relay_suspected',
    });
  });

  it('so is the stream of all events', async () => {
    await expectTold({
      act: () =>
        service.amara.post('/v1/calls', {
          customerId: newCustomerId(),
          direction: 'outbound',
          line: LINE,
          purpose: 'x',
        }),
      stream: await watch(service.admin, '/v1/events/stream'),
      event: 'call.declared',
    });
  });

  it("so is that of a customer's questions", async () => {
    const { customerId } = await service.customerWithDevice();
    const act = () =>
      service.amara.post('/v1/calls', {
        customerId,
        direction: 'outbound',
        line: LINE,
        purpose: 'x',
        verify: true,
      });
    await expectTold({
      act,
      stream: await watch(service.app, `/v1/customers/${customerId}/verifications/stream`),
      event: 'verification.started',
    });
  });

  it('so is that of callbacks', async () => {
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900123', since: '2020-01-01T00:00:00Z' }],
    });
    const act = () =>
      service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Somebody rang and said they were you' });
    await expectTold({ act, stream: await watch(service.ben, '/v1/callbacks/stream'), event: 'callback.queued' });
  });

  it('a stream that is opened late has what has happened already', async () => {
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      line: LINE,
      purpose: 'x',
    });
    await service.amara.post(`/v1/calls/${call.id}/end`);
    for (const url of [service.url, elsewhere.url]) {
      const stream = await (await at(url, 'agent:amara')).stream(`/v1/calls/${call.id}/stream`);
      expect((await stream.waitFor('call.declared')).data.subject).toBe(call.id);
      expect((await stream.waitFor('call.ended')).data.subject).toBe(call.id);
      stream.close();
    }
  });

  it('a stream is resumed, at either process, without gap or repeat, before it ends and after', async () => {
    const admins = [await at(service.url, 'admin'), await at(elsewhere.url, 'admin')];
    const customerId = newCustomerId();
    const first = await admins[0]!.stream('/v1/events/stream?types=countersign.call.declared');
    const declared: string[] = [];
    const declare = async (): Promise<void> => {
      declared.push(
        (await service.amara.post('/v1/calls', { customerId, direction: 'outbound', line: LINE, purpose: 'x' })).body
          .id,
      );
    };
    for (let count = 0; count < 3; count += 1) await declare();
    const told: string[] = [];
    let last = '';
    const read = async (stream: EventStream, count: number): Promise<void> => {
      while (told.length < count) {
        const event = await stream.waitFor('call.declared');
        told.push(event.data.subject);
        last = event.id;
      }
      stream.close();
    };
    await read(first, 2);
    for (let round = 0; round < 6; round += 1) {
      await declare();
      if (round === 3) {
        await held.end();
        held = await ForeignTransaction.begin();
      }
      await read(
        await admins[(round + 1) % 2]!.stream('/v1/events/stream?types=countersign.call.declared', {
          headers: { 'last-event-id': last },
        }),
        declared.length - (round < 5 ? 1 : 0),
      );
    }
    expect(told).toEqual(declared);
  });
});
