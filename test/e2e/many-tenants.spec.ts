import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type Connections,
  ManyBanks,
  MOST_CONNECTIONS,
  sumOf,
  underWay,
  untilServed,
  watchConnections,
} from '../support/many-banks.js';
import { startTestService, type TestService } from '../support/service.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const TENANTS = 100;
const PROCESSES = 4;
const ROUNDS = [0, 1];

let banks: ManyBanks;
let service: TestService;
let urls: string[];

beforeAll(async () => {
  banks = await ManyBanks.start(TENANTS, () => underWay((text) => service.sql(text)));
  service = await startTestService({ TENANTS: banks.tenants });
  const others = [];
  for (let n = 1; n < PROCESSES; n += 1) others.push(await service.startAnother());
  urls = [service.url, ...others.map(({ url }) => url)];
});
afterAll(async () => {
  await service.stop();
  banks.stop();
});

/** Those of the service, of whatever kind: what serves, background work, and what only looks whether all is well. */
async function connections(): Promise<Connections> {
  const rows = await service.sql<{ name: string; open: number }>(
    `SELECT application_name AS name, count(*)::int AS open FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, open }) => [name, open]));
}

describe(`${TENANTS} tenants and ${PROCESSES} processes`, () => {
  it(`have at most ${MOST_CONNECTIONS} connections in all while all are used at once, and each has its own answers`, async () => {
    // The keys of an issuer are fetched once by each process, all of them here from the one server of this test.
    for (let first = 0; first < TENANTS; first += 10)
      await Promise.all(
        banks.ids.slice(first, first + 10).flatMap((bank, n) =>
          ROUNDS.map(async (round) => {
            const agent = await banks.as(urls[(first + n + round) % PROCESSES]!, bank, 'agent');
            expect((await untilServed(() => agent.get('/v1/me'))).status).toBe(200);
          }),
        ),
      );
    const stop = watchConnections(connections);
    try {
      for (const round of ROUNDS)
        await Promise.all(banks.ids.map((bank, n) => banks.story(urls[(n + round) % PROCESSES]!, bank)));
    } finally {
      await stop();
    }
    const { most, kinds } = await stop();
    expect(most).toBeLessThanOrEqual(MOST_CONNECTIONS);
    // Else those that share were not counted, or the others were forgotten.
    expect([...kinds]).toEqual(expect.arrayContaining(['countersign tenants', 'countersign jobs']));
    expect([...kinds].filter((name) => name.startsWith('countersign bank-'))).toEqual([]);
    const rows = await service.sql<{ tenant_id: string; calls: number; purposes: number }>(
      `SELECT tenant_id, count(*)::int AS calls FROM calls GROUP BY 1`,
    );
    expect(rows.map(({ tenant_id: bank, calls }) => `${bank} ${calls}`).sort()).toEqual(
      banks.ids.map((bank) => `${bank} 2`).sort(),
    );
  });

  it('are all ready, and work in the background for each of them', async () => {
    for (const url of urls) {
      const ready = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;
      await expect.poll(ready, { timeout: 60_000, interval: 200 }).toBe(200);
    }
    const sealed = async (): Promise<number> =>
      (await service.sql<{ banks: number }>('SELECT count(DISTINCT tenant_id)::int AS banks FROM log_checkpoints'))[0]!
        .banks;
    await expect.poll(sealed, { timeout: 60_000, interval: 100 }).toBe(TENANTS);
    expect(sumOf(await connections())).toBeLessThanOrEqual(MOST_CONNECTIONS);
  });
});
