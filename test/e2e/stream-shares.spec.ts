import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventStream } from '../support/service-client.js';
import { type Identities, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

const CONNECTIONS = 24;
const settled = { timeout: 60_000, interval: 20 };

let service: TestService;
let south: Identities;
const open: EventStream[] = [];

beforeAll(async () => {
  service = await startTestService({ MAX_CONNECTIONS: String(CONNECTIONS) });
  south = await service.clients('southbank');
});
afterAll(async () => {
  for (const stream of open) stream.close();
  await service.stop();
});

/** Opens streams until one is refused; returns those, and how it was. */
async function flood(who: Identities): Promise<{ streams: EventStream[]; refusal: unknown }> {
  const streams: EventStream[] = [];
  for (;;) {
    try {
      streams.push(await who.admin.stream('/v1/events/stream'));
    } catch (refusal) {
      open.push(...streams);
      return { streams, refusal };
    }
  }
}

const verdict = async ({ app }: Identities): Promise<unknown> => {
  const asked = { trigger: 'ringing', incomingNumber: '+447700900999' };
  const { status, body } = await onceReached(() => app.post(`/v1/customers/${newCustomerId()}/call-verdicts`, asked));
  return [status, body.reason];
};
const VERDICT = [200, 'not_our_line'];

describe('one bank that opens as many streams as it can', () => {
  it('has half of the connections, and the other bank its verdicts and its streams', async () => {
    const north = await flood(service);
    expect(north.streams).toHaveLength(CONNECTIONS / 2);
    expect(String(north.refusal)).toContain('503');
    expect(await verdict(south)).toEqual(VERDICT);
    expect(await verdict(service)).toEqual(VERDICT);

    const both = await flood(south);
    expect(both.streams).toHaveLength(CONNECTIONS / 4);
    expect(await verdict(south)).toEqual(VERDICT);
    expect(await verdict(service)).toEqual(VERDICT);

    // Others had their turn: who has more than its share gets no more before it is below it.
    north.streams[0]!.close();
    expect((await flood(service)).streams).toHaveLength(0);
    for (const stream of both.streams) stream.close();
    const again = async (): Promise<number> => (await flood(service)).streams.length;
    await expect.poll(again, settled).toBe(1);
    const { body: metrics } = await service.admin.get<string>('/metrics');
    const refused = /^countersign_shed_requests_total\{class="stream"\} (\d+)$/m.exec(metrics)?.[1];
    expect(Number(refused)).toBeGreaterThanOrEqual(4);
  });
});
