import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { INestApplication } from '@nestjs/common';
import pg from 'pg';
import { createApplication } from '../../src/boot/application.js';
import { readConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/observability/logger.js';
import { prepareDatabase } from '../../src/boot/service-database.js';
import { useOwnCluster } from '../support/database.js';
import { ForeignTransaction } from '../support/foreign-transaction.js';
import { freePort } from '../../bench/load/free-port.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

/** Long after the warning, which comes after two: a machine that stands still between them is told of neither. */
const ALERT_SECONDS = 8;
const APPLICATION = 'nightly ledger';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly heldSeconds?: number;
  readonly holders?: readonly Record<string, unknown>[];
}

let endCluster: () => Promise<void>;
let service: TestService;
let observed: INestApplication;
let url: string;
let lines: Line[];
beforeAll(async () => {
  endCluster = await useOwnCluster();
  service = await startTestService();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const config = readConfig({
    NODE_ENV: 'test',
    PORT: String(port),
    PUBLIC_URL: service.url,
    DATA_DIR: service.dataDirectory,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    DATABASE_URL: service.ownerUrl,
    MIGRATE: 'false',
    WORKERS: 'off',
    EVENTS_HELD_ALERT_SECONDS: String(ALERT_SECONDS),
    TENANTS: JSON.stringify([
      { id: 'northbank', issuer: `${service.url}/oidc/northbank`, jwksUri: `${service.url}/oidc/northbank/jwks` },
    ]),
  });
  const serviceDatabaseUrl = await prepareDatabase(config, service.ownerUrl, createLogger('silent'));
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Line);
      done();
    },
  });
  observed = await createApplication({
    config,
    serviceDatabaseUrl,
    logger: pino({ level: 'info', formatters: { level: (label) => ({ level: label }) } }, sink),
    work: false,
  });
  await observed.listen(config.port, config.host);
}, 120_000);
afterAll(async () => {
  await observed?.close();
  await service?.stop();
  await endCluster?.();
});
beforeEach(() => {
  lines = [];
});

const declare = async (): Promise<void> => {
  expect(
    (
      await service.amara.post('/v1/calls', {
        customerId: newCustomerId(),
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment we stopped',
      })
    ).status,
  ).toBe(201);
};
const heldLines = (): Line[] => lines.filter(({ msg }) => msg.includes('held back'));
const metrics = async (): Promise<{ seconds: number; alert: number }> => {
  const text = await (
    await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${await service.token('admin')}` } })
  ).text();
  const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
  return { seconds: value('countersign_log_held_back_seconds'), alert: value('countersign_log_held_back_alert') };
};

/** As where the database answers late: a look at the log is waited for no longer than 200 ms. */
async function whileLooksAreLate(work: () => Promise<void>): Promise<void> {
  const [{ now }] = (await service.sql<{ now: string }>(
    `SELECT pg_get_functiondef('log_snapshot()'::regprocedure) AS now`,
  )) as [{ now: string }];
  await service.sql(
    `CREATE OR REPLACE FUNCTION log_snapshot() RETURNS pg_snapshot STABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN pg_current_snapshot(); END $$`,
  );
  await work();
  await service.sql(now);
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let looks = 0; looks < 1_200; looks += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`never came: ${what}; ${JSON.stringify(heldLines())}`);
}

describe('an event log that an open transaction holds back', () => {
  it("is seen: a metric, a warning that names the session and nothing of its statements, an error from the operator's limit on, and its end", async () => {
    const held = await ForeignTransaction.begin(APPLICATION);
    try {
      await declare();
      await until('a warning', () => heldLines().some(({ level }) => level === 'warn'));
      await until('an alert', async () => (await metrics()).alert === 1);
      await until('an error', () => heldLines().some(({ level }) => level === 'error'));
      expect((await metrics()).seconds).toBeGreaterThanOrEqual(ALERT_SECONDS);
    } finally {
      await held.end();
    }
    await until('its end', () => heldLines().some(({ level }) => level === 'info'));
    await until('no alert', async () => {
      const { seconds, alert } = await metrics();
      return seconds === 0 && alert === 0;
    });
    const said = heldLines().filter(({ level }) => level !== 'info');
    expect(said.map(({ level }) => level)).toEqual(['warn', 'error']);
    for (const { holders } of said) {
      expect(holders).toHaveLength(1);
      expect(holders![0]).toMatchObject({
        kind: 'session',
        pid: held.pid,
        application: APPLICATION,
        openSeconds: expect.any(Number),
      });
      expect(holders![0]!.database).toEqual(expect.any(String));
      expect(holders![0]!.login).toEqual(expect.any(String));
    }
    expect(JSON.stringify(heldLines())).not.toMatch(/not yet|INSERT|ledger \(/i);
  });

  it('by a transaction that only reads, is not: nothing waits', async () => {
    const reader = new pg.Client({ connectionString: service.ownerUrl });
    await reader.connect();
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM events');
    try {
      await declare();
      await new Promise((resolve) => setTimeout(resolve, ALERT_SECONDS * 1_000 + 500));
      expect([await metrics(), heldLines()]).toEqual([{ seconds: 0, alert: 0 }, []]);
    } finally {
      await reader.end();
    }
  });

  it("where no event waits, is not: what is open elsewhere is nobody's business", async () => {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const held = await ForeignTransaction.begin(APPLICATION);
    try {
      await new Promise((resolve) => setTimeout(resolve, ALERT_SECONDS * 1_000 + 500));
      expect([(await metrics()).alert, heldLines()]).toEqual([0, []]);
    } finally {
      await held.end();
    }
  });

  it('is one until it is over, also where a look at it comes too late', async () => {
    const held = await ForeignTransaction.begin(APPLICATION);
    try {
      await declare();
      await until('a warning', () => heldLines().some(({ level }) => level === 'warn'));
      await whileLooksAreLate(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
      await until('an error', () => heldLines().some(({ level }) => level === 'error'));
      expect(heldLines().map(({ level }) => level)).toEqual(['warn', 'error']);
    } finally {
      await held.end();
    }
    await until('its end', () => heldLines().some(({ level }) => level === 'info'));
  });
});
