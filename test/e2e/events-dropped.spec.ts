import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import { dropPartition } from '../../src/events/event-partitions.store.js';
import { Databases } from '../../src/database/databases.js';
import type { Evidence } from '../../src/transparency/evidence.js';
import { type TrustedKey, verifyEvidence } from '@countersign/client';
import { answerChange, AFTER, giveOldNumber, requestChange, ringAtAnyHour } from '../support/changes.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let device: CustomerDevice;
beforeAll(async () => {
  service = await startTestService({ EVENTS_RETENTION_MONTHS: '13' });
  await ringAtAnyHour(service);
  device = await service.customerWithDevice();
});
afterAll(() => service.stop());

/** A call that the customer confirms. */
async function confirmedCall(): Promise<string> {
  const call = (
    await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      verify: true,
    })
  ).body;
  const question = (await device.waitingQuestion(service.app))!;
  expect((await device.answer(service.app, question, { answer: 'yes', code: call.verification.code })).status).toBe(
    200,
  );
  return call.verification.id;
}

/** Ends the first partition at this moment. */
async function cut(): Promise<void> {
  const client = new pg.Client({ connectionString: service.ownerUrl });
  await client.connect();
  await client.query(`DO $$ DECLARE moment uuid; BEGIN
    LOCK TABLE events;
    moment := uuid7_floor(clock_timestamp() + interval '5 milliseconds');
    PERFORM pg_sleep(0.02);
    ALTER TABLE events DETACH PARTITION events_first;
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (%L)', moment);
    PERFORM make_event_partition('events_rest', format('FOR VALUES FROM (%L) TO (%L)', moment, (SELECT from_id FROM event_partitions() WHERE name <> 'events_first' ORDER BY 1 LIMIT 1)));
  END $$`);
  await client.end();
}

/** Drops the first partition, as 14 months later. */
async function dropLater(): Promise<void> {
  const [{ now }] = (await service.sql<{ now: string }>(
    `SELECT pg_get_functiondef('uuid7_floor(timestamptz)'::regprocedure) AS now`,
  )) as [{ now: string }];
  await service.sql(now.replace('FROM at)', `FROM at + interval '14 months')`));
  const drop = async (): Promise<string> => {
    const outcome = await service.running.app
      .get(Databases)
      .of('northbank')
      .transaction((tx) => dropPartition(tx, 'events_first'), 60_000)
      .catch((error: { code: string }) => error.code);
    // The service looks for old partitions soon after its start, and may have found this one itself.
    const [{ left }] = (await service.sql(`SELECT to_regclass('events_first') AS left`)) as [{ left: string | null }];
    return left === null ? 'dropped' : outcome;
  };
  await expect.poll(drop, { timeout: 60_000, interval: 100 }).toBe('dropped');
  await service.sql(now);
}

describe('dropping old events', () => {
  let keys: TrustedKey[];
  const names: Record<'oldCall' | 'oldChange' | 'newCall' | 'newChange', string> = {
    oldCall: '',
    oldChange: '',
    newCall: '',
    newChange: '',
  };
  let oldEvent: { id: string };
  beforeAll(async () => {
    keys = ((await (await fetchAdmitted(`${service.url}/.well-known/jwks.json`)).json()) as { keys: TrustedKey[] })
      .keys;
    await giveOldNumber(service, device.customerId);
    names.oldCall = await confirmedCall();
    names.oldChange = (await requestChange(service, device.customerId)).body.id;
    await answerChange(service, device, 'no');
    // Lists tell of what no open transaction of the cluster can still come before, and other specs have some.
    const first = async (): Promise<typeof oldEvent | undefined> =>
      (await service.analyst.get('/v1/events?limit=1')).body.data[0];
    oldEvent = (await vi.waitUntil(first, { timeout: 60_000 }))!;
    expect((await service.analyst.get(`/v1/evidence/${names.oldCall}`)).status).toBe(200);
    await cut();
    names.newCall = await confirmedCall();
    names.newChange = (
      await requestChange(service, device.customerId, { after: { ...AFTER, holder: 'Oak Joinery and Sons' } })
    ).body.id;
    await answerChange(service, device, 'no');
    expect((await service.analyst.get(`/v1/evidence/${names.newCall}`)).status).toBe(200);
  });

  it('which happens once they are sealed and handed on', async () => {
    await dropLater();
  });

  it('leaves evidence of what came later: it verifies by the enrolment and the policy that were dropped with their month', async () => {
    for (const id of [names.newCall, names.newChange]) {
      const { status, body } = await service.analyst.get(`/v1/evidence/${id}`);
      expect(status).toBe(200);
      expect(verifyEvidence(body, keys).filter(({ result }) => result !== 'verified')).toEqual([]);
      const evidence = JSON.parse(Buffer.from(body.split('.')[1], 'base64url').toString()) as Evidence;
      expect(evidence.events.map(({ record }) => record.type)).toEqual(
        expect.arrayContaining(['countersign.policy.changed', 'countersign.device.enrolled']),
      );
    }
  });

  it('ends evidence of what came before, and says so', async () => {
    for (const id of [names.oldCall, names.oldChange]) {
      expect(await service.analyst.get(`/v1/evidence/${id}`)).toMatchObject({
        status: 404,
        body: { detail: 'Its events are older than this bank keeps them.' },
      });
    }
    expect((await service.amara.get(`/v1/verifications/${names.oldCall}`)).body).toMatchObject({ status: 'confirmed' });
  });

  it('leaves the log, which proves that they were in it and grows', async () => {
    const proof = (await (await fetchAdmitted(`${service.url}/log/proof?event=${oldEvent.id}`)).json()) as {
      leaf: number;
    };
    expect(proof.leaf).toBe(0);
    const size = async () =>
      Number((await (await fetchAdmitted(`${service.url}/log/checkpoint`)).text()).split('\n')[1]);
    const [before] = [await size()];
    await confirmedCall();
    await expect.poll(size).toBeGreaterThan(before);
    const deleted = async (): Promise<object[]> =>
      (await service.analyst.get('/v1/events?types=countersign.data.deleted')).body.data;
    await expect.poll(deleted).toMatchObject([
      {
        data: {
          of: 'events',
          olderThanMonths: 13,
          deleted: expect.any(Number),
          until: expect.stringMatching(/^20.*Z$/),
        },
      },
    ]);
  });

  it('is told to a reader that stopped at one of them', async () => {
    expect((await service.analyst.get(`/v1/events?after=${oldEvent.id}`)).status).toBe(400);
    expect((await service.analyst.get('/v1/events?limit=1')).body.data[0].id).not.toBe(oldEvent.id);
  });
});
