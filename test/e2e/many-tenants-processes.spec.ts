import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionLost } from '@countersign/client';
import pg from 'pg';
import { Agent, setGlobalDispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import {
  type Connections,
  ManyBanks,
  MOST_CONNECTIONS,
  underWay,
  untilServed,
  watchConnections,
} from '../support/many-banks.js';
import { buildProgram, type Program, type RunningProgram, servingPids } from '../support/program.js';
import { LINE } from '../support/service.js';
import type { EventStream, Reply } from '../support/service-client.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
// Each request on a connection of its own: the processes take connections in turn.
setGlobalDispatcher(new Agent({ pipelining: 0 }));

const TENANTS = 100;
const PROCESSES = 4;
const STREAMS_OF = 12;
const SOON = { timeout: 60_000, interval: 100 };
const DECLARED = 'countersign.call.declared';

let banks: ManyBanks;
let program: Program;
let folders: string[];
let cluster: EmbeddedPostgres;
let owner: pg.Client;
let running: RunningProgram;
let watching: ReturnType<typeof watchConnections>;

beforeAll(async () => {
  [banks, program, folders] = await Promise.all([
    ManyBanks.start(TENANTS, whatGoesOn),
    buildProgram('many-tenants'),
    Promise.all([makeTemporaryFolder(), makeTemporaryFolder()]),
  ]);
  // No more than is promised to be enough.
  const settings = { max_connections: String(MOST_CONNECTIONS), fsync: 'off', synchronous_commit: 'off' };
  cluster = await startEmbeddedPostgres({
    dataDirectory: folders[0]!,
    database: 'many',
    settings,
    log: () => undefined,
  });
  owner = new pg.Client({ connectionString: cluster.url });
  await owner.connect();
  watching = watchConnections(connections);
  running = await program.start({
    DATABASE_URL: cluster.url,
    DATA_DIR: folders[1],
    PROCESSES: String(PROCESSES),
    TENANTS: banks.tenants,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
});
afterAll(async () => {
  await running?.stop();
  await watching?.();
  await owner?.end();
  await cluster?.stop();
  await Promise.all(folders.map(removeTemporaryFolder));
  await program.remove();
  banks.stop();
});

/** All that are open, whoever opened them: also the owner's, of starts, beside the one by which this counts. */
async function connections(): Promise<Connections> {
  const { rows } = await owner.query<{ name: string; open: number }>(
    `SELECT application_name AS name, count(*)::int AS open FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, open }) => [name, open]));
}

/** The log is kept: of a request without an answer it says whether a process ever had it, and what else happened then. */
async function whatGoesOn(): Promise<string> {
  const kept = join(tmpdir(), `many-tenants-${process.pid}.log`);
  await writeFile(kept, running.log());
  const unusual = running
    .log()
    .split('\n')
    .filter((line) => /"level":[4-6]0/.test(line));
  const statements = await underWay(async (text) => (await owner.query(text)).rows);
  return [`the log is in ${kept}; of it:`, ...unusual.slice(-20), statements].join('\n');
}

/** By whom requests were answered, from the log. */
const answeredBy = (): Set<string> =>
  new Set([...running.log().matchAll(/"process":(\d+),.*"requestId":/g)].map(([, number]) => number!));

const callOf = async (bank: string): Promise<string> => {
  const agent = await banks.as(running.url, bank, 'agent');
  const declared = { customerId: `last-${bank}`, direction: 'outbound', line: LINE, purpose: 'The last one' };
  const reply = await untilServed(() => agent.post('/v1/calls', declared));
  expect(reply.status).toBe(201);
  return reply.body.id as string;
};

/** All that a stream told of, up to one. */
async function toldUntil(stream: EventStream, last: string): Promise<string[]> {
  const told: string[] = [];
  while (!told.includes(last)) told.push((await stream.next())!.data.subject as string);
  return told.sort();
}

async function openStreams(of: readonly string[]): Promise<EventStream[]> {
  const streams: EventStream[] = [];
  for (const bank of of) {
    const admin = await banks.as(running.url, bank, 'admin');
    streams.push(await admin.stream(`/v1/events/stream?types=${DECLARED}`));
  }
  return streams;
}

let cut = 0;
/** Asks again also where the process that was to answer is gone. */
const untilAnswered = (ask: () => Promise<Reply>): Promise<Reply> =>
  untilServed(() =>
    ask().catch((error: unknown) => {
      if (!(error instanceof ConnectionLost)) throw error;
      cut += 1;
      return { status: 503, headers: new Headers(), body: null };
    }),
  );

async function callsOfBanks(): Promise<Map<string, number>> {
  const { rows } = await owner.query<{ bank: string; calls: number }>(
    'SELECT tenant_id AS bank, count(*)::int AS calls FROM calls GROUP BY 1',
  );
  return new Map(rows.map(({ bank, calls }) => [bank, calls]));
}

describe(`PROCESSES=${PROCESSES}, and ${TENANTS} tenants`, () => {
  it('tells each tenant what is its own, by answers and by streams, while all ask at once', async () => {
    // Each looks after all tenants as it starts, beside those that serve already.
    await expect.poll(() => servingPids(running).length, { ...SOON, timeout: 200_000 }).toBe(PROCESSES);
    const listeners = banks.ids.slice(0, STREAMS_OF);
    const streams = await openStreams(listeners);
    const calls = new Map<string, string[]>();
    try {
      await Promise.all(banks.ids.map(async (bank) => calls.set(bank, [await banks.story(running.url, bank)])));
      for (const [n, bank] of listeners.entries()) {
        const last = await callOf(bank);
        calls.get(bank)!.push(last);
        expect(await toldUntil(streams[n]!, last)).toEqual([...calls.get(bank)!].sort());
      }
    } finally {
      for (const stream of streams) stream.close();
    }
    expect(await callsOfBanks()).toEqual(new Map([...calls].map(([bank, { length }]) => [bank, length])));
    expect([...answeredBy()].sort()).toEqual(['1', '2', '3', '4']);
  });

  it('goes on so while one process is killed and replaced, and seals the log of each tenant', async () => {
    const before = servingPids(running);
    const calls = await callsOfBanks();
    const { requests } = banks;
    const answered = requests.answered;
    const asked = Promise.all(banks.ids.map((bank) => banks.story(running.url, bank, untilAnswered)));
    const killed = (async () => {
      await expect.poll(() => requests.answered - answered, { ...SOON, interval: 5 }).toBeGreaterThan(TENANTS / 2);
      process.kill(before[0]!, 'SIGKILL');
    })();
    await Promise.all([asked, killed]);
    // Of what that one was at.
    expect(cut).toBeGreaterThan(0);
    const replaced = (): number => servingPids(running).filter((pid) => !before.includes(pid)).length;
    await expect.poll(replaced, SOON).toBe(1);
    await Promise.all(banks.ids.map((bank) => banks.story(running.url, bank, untilAnswered)));
    // Each has done what it was asked twice, once each.
    expect(await callsOfBanks()).toEqual(new Map([...calls].map(([bank, before]) => [bank, before + 2])));
    const sealed = async (): Promise<number> =>
      (await owner.query('SELECT FROM log_checkpoints GROUP BY tenant_id')).rows.length;
    await expect.poll(sealed, SOON).toBe(TENANTS);
  });

  it(`has had fewer than ${MOST_CONNECTIONS} connections all along, and was refused none`, async () => {
    const { most, kinds } = await watching();
    expect(most).toBeLessThan(MOST_CONNECTIONS);
    // Else those that share were not counted, or the others were forgotten.
    expect([...kinds]).toEqual(expect.arrayContaining(['countersign tenants', 'countersign jobs']));
    expect([...kinds].filter((name) => name.startsWith('countersign bank-'))).toEqual([]);
    // An SQLSTATE, and no part of a duration.
    expect(running.log()).not.toMatch(/(?<![\d.])53300(?!\d)/);
  });
});
