import { cpus, totalmem } from 'node:os';
import { createPeerDatabase } from '../peers/schema.js';
import type { CountersignTarget } from './countersign-load.js';
import type { Scenario } from './driver.js';
import { hasPgbench, insertionsAt, pgbench, type PgbenchScript } from './pgbench.js';
import { usageOf } from './process-usage.js';
import type { Arrivals, Extent, Figures, Row } from './report.js';
import { rowOf, type Sample } from './samples.js';
import {
  type BenchDatabase,
  Driver,
  LINE,
  type RunningCountersign,
  type RunningProcess,
  startCountersign,
  startDatabase,
  startPeer,
} from './servers.js';

/** Agents of round trips, each with one request at a time. */
const AGENTS = 32;
/** Phones and readers. Where a commit takes milliseconds, it takes many at once to keep the cores busy; a plain read needs no more than 32. */
const PHONES = 128;
const workersOf = (scenario: Scenario): number =>
  scenario === 'verdict' || scenario === 'fastifyRead' ? PHONES : AGENTS;
/** After a full load, until what it left to be relayed, sealed and collected is done: the half load is of a service that runs, and not of one that catches up. */
const SETTLE_MS = 3_000;
/** Of the half load, so long before the part that counts. */
const HALF_LOAD_BEFORE_SECONDS = 3;

/** Warm is who does as much twice running, but for this share; after so many times nobody is waited for. */
const WARM_WITHIN = 0.1;
const MOST_WARMINGS = 8;
const WARMING_SECONDS = 1;
/** Verdicts a second; 500 is a bank of 30 million customers at its peak. */
const ARRIVAL_RATES = [100, 500, 1_000, 2_000];

interface Contestant {
  readonly row: string;
  readonly what: Row['what'];
  readonly scenario?: Scenario;
  readonly pgbench?: PgbenchScript;
}

const CONTESTANTS: readonly Contestant[] = [
  { row: 'Fastify + pg: one indexed read', what: 'read', scenario: 'fastifyRead' },
  { row: 'Countersign: verdict, recorded', what: 'read', scenario: 'verdict' },
  { row: 'pgbench: the read alone', what: 'read', pgbench: 'read' },
  { row: 'Fastify + pg: round trip', what: 'roundTrip', scenario: 'fastifyRoundTrip' },
  { row: 'Countersign: verification round trip', what: 'roundTrip', scenario: 'roundTrip' },
  { row: 'CIBA with oidc-provider: round trip', what: 'roundTrip', scenario: 'cibaRoundTrip' },
  { row: 'pgbench: the statements alone', what: 'roundTrip', pgbench: 'roundTrip' },
];

/** The same with a process for each of two cores, against the same single process of Fastify. */
const OF_TWO_PROCESSES: readonly Contestant[] = [
  CONTESTANTS[0]!,
  { row: 'Countersign, PROCESSES=2: verdict, recorded', what: 'read', scenario: 'verdict' },
  CONTESTANTS[3]!,
  { row: 'Countersign, PROCESSES=2: verification round trip', what: 'roundTrip', scenario: 'roundTrip' },
];

/** Everything that is measured, started and ready. */
export async function startMeasuring(
  extent: Extent,
  say: (text: string) => void,
): Promise<{ run(): Promise<Figures>; stop(): Promise<void> }> {
  const database = await startDatabase();
  const peers = await createPeerDatabase(database.server.url, extent.customers);
  const [service, fastify, ciba] = [
    await startCountersign(database),
    await startPeer('fastify-pg', peers),
    await startPeer('ciba', peers),
  ];
  const driver = new Driver();
  const measuring = new Measuring(extent, say, database, peers, { countersign: service, fastify, ciba }, driver);
  return {
    run: async () => {
      say(`enrolling ${extent.customers} devices and declaring ${extent.customers} calls`);
      await driver.do({ prepare: 'countersign', target: { ...measuring.target(service), connections: 2 * PHONES } });
      await driver.do({
        prepare: 'fastify',
        target: { port: fastify.port, customers: extent.customers, connections: PHONES },
      });
      await driver.do({
        prepare: 'ciba',
        target: { port: ciba.port, customers: extent.customers, connections: PHONES },
      });
      return measuring.run();
    },
    stop: async () => {
      driver.stop();
      await Promise.all([measuring.servers.countersign.stop(), fastify.stop(), ciba.stop()]);
      await database.stop();
    },
  };
}

class Measuring {
  private readonly all: Sample[] = [];

  constructor(
    private readonly extent: Extent,
    private readonly say: (text: string) => void,
    private readonly database: BenchDatabase,
    private readonly peersUrl: string,
    readonly servers: {
      countersign: RunningCountersign;
      readonly fastify: RunningProcess;
      readonly ciba: RunningProcess;
    },
    private readonly driver: Driver,
  ) {}

  async run(): Promise<Figures> {
    const withPgbench = await hasPgbench();
    const contestants = CONTESTANTS.filter((contestant) => withPgbench || !contestant.pgbench);
    const rows = await this.interleaved(contestants, this.extent.rounds);
    const rate = (scenario: Scenario): number =>
      rows[contestants.findIndex((contestant) => contestant.scenario === scenario)]!.perSecond;
    const arrivals: Arrivals[] = [];
    for (const perSecond of ARRIVAL_RATES.filter((one) => one < rate('verdict')))
      arrivals.push({
        rate: perSecond,
        ...(await this.steady('verdict', perSecond)),
        insertion: withPgbench ? await this.insertions(perSecond) : null,
      });
    const verdict = await this.steady('verdict', rate('verdict') / 2);
    const stream = await this.steady('answerToStream', rate('roundTrip') / 2);
    const memory = usageOf(this.servers.countersign.pid)?.residentMegabytes ?? null;
    const two = this.extent.roundsOfTwo > 0 ? await this.twoProcesses() : [];
    return {
      at: new Date().toISOString(),
      node: process.version,
      cores: cpus().length,
      processor: cpus()[0]?.model ?? 'unknown',
      memoryGigabytes: Math.round(totalmem() / 2 ** 30),
      postgres: this.database.settings,
      extent: this.extent,
      rows: [...rows, ...two],
      arrivals,
      halfLoad: { verdict, answerToStream: stream },
      residentMegabytes: memory,
      failures: [...this.all, ...arrivals, verdict, stream].reduce((sum, { failures }) => sum + failures, 0),
    };
  }

  /** What the load is on. */
  target({ port, tokens }: RunningCountersign): Omit<CountersignTarget, 'connections'> {
    return { port, tokens, line: LINE, rung: this.extent.customers, answering: this.extent.customers };
  }

  /** One after the other in each round; the rows are medians over the rounds. */
  private async interleaved(contestants: readonly Contestant[], rounds: number): Promise<Row[]> {
    const samples = new Map<Contestant, Sample[]>(contestants.map((contestant) => [contestant, []]));
    for (const { scenario } of contestants) if (scenario) await this.warm(scenario);
    for (let round = 1; round <= rounds; round += 1) {
      for (const contestant of contestants) {
        const sample = contestant.scenario
          ? await this.load(contestant.scenario)
          : await this.bare(contestant.pgbench!);
        samples.get(contestant)!.push(sample);
        this.all.push(sample);
        this.say(
          `round ${round}: ${contestant.row}: ${Math.round(sample.perSecond)}/s, p50 ${sample.p50} ms, p99 ${sample.p99} ms${sample.failures ? `, ${sample.failures} failed: ${sample.firstFailure}` : ''}`,
        );
      }
    }
    return contestants.map((contestant) =>
      rowOf(
        contestant,
        samples.get(contestant)!,
        samples.get(contestants.find(({ what }) => what === contestant.what)!)!,
      ),
    );
  }

  /** Once more with another process: afterwards, since two services on one database would do each other's background work. */
  private async twoProcesses(): Promise<Row[]> {
    await this.servers.countersign.stop();
    this.servers.countersign = await startCountersign(this.database, { PROCESSES: '2' });
    await this.driver.do({
      prepare: 'countersign',
      prepared: true,
      target: { ...this.target(this.servers.countersign), connections: 2 * PHONES },
    });
    const rows = await this.interleaved(OF_TWO_PROCESSES, this.extent.roundsOfTwo);
    return rows.filter(({ name }) => name.startsWith('Countersign'));
  }

  /** Under full load until two rounds agree: code that is compiled meanwhile, and plans that are made, are not what is measured. */
  private async warm(scenario: Scenario): Promise<void> {
    let before = 0;
    for (let times = 1; times <= MOST_WARMINGS; times += 1) {
      const { perSecond } = (await this.driver.do({
        scenario,
        seconds: WARMING_SECONDS,
        workers: workersOf(scenario),
      }))!;
      if (Math.abs(perSecond - before) <= WARM_WITHIN * before) return;
      before = perSecond;
    }
    this.say(`${scenario}: no two rounds of warming agreed within ${100 * WARM_WITHIN} %`);
  }

  /** Operations begin when they are due, however long others take, and are timed from then: nothing that waited is left out. */
  private async steady(scenario: Scenario, perSecond: number): Promise<Omit<Arrivals, 'rate' | 'insertion'>> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await this.driver.do({ scenario, perSecond, seconds: HALF_LOAD_BEFORE_SECONDS });
    const result = (await this.driver.do({ scenario, perSecond, seconds: this.extent.halfLoadSeconds }))!;
    this.say(
      `${scenario} at ${Math.round(perSecond)}/s: p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms${result.failures ? `, ${result.failures} failed: ${result.firstFailure}` : ''}`,
    );
    const { p50, p99, max } = result.latency;
    return { perSecond: result.perSecond, p50, p99, max, failures: result.failures };
  }

  private async insertions(perSecond: number): Promise<Arrivals['insertion']> {
    const { p50, p99 } = await insertionsAt(perSecond, this.pgbenchOptions(this.extent.halfLoadSeconds));
    this.say(`bare insertion at ${perSecond}/s: p50 ${p50} ms, p99 ${p99} ms`);
    return { p50, p99 };
  }

  private async load(scenario: Scenario): Promise<Sample> {
    const server = scenario.startsWith('fastify')
      ? this.servers.fastify
      : scenario.startsWith('ciba')
        ? this.servers.ciba
        : this.servers.countersign;
    const before = [usageOf(server.pid), usageOf(this.database.pid)];
    const result = (await this.driver.do({ scenario, seconds: this.extent.seconds, workers: workersOf(scenario) }))!;
    const [serverCpu, databaseCpu] = [usageOf(server.pid), usageOf(this.database.pid)].map((after, n) =>
      after && before[n] ? (after.cpuSeconds - before[n].cpuSeconds) / result.seconds : null,
    );
    return {
      perSecond: result.perSecond,
      failures: result.failures,
      firstFailure: result.firstFailure,
      p50: result.latency.p50,
      p99: result.latency.p99,
      serverCpu: serverCpu!,
      databaseCpu: databaseCpu!,
      driverCpu: result.driverCpu,
    };
  }

  private async bare(script: PgbenchScript): Promise<Sample> {
    const { perSecond, meanMs } = await pgbench(script, this.pgbenchOptions(this.extent.seconds));
    return {
      perSecond,
      p50: meanMs,
      p99: Number.NaN,
      failures: 0,
      firstFailure: null,
      serverCpu: null,
      databaseCpu: null,
      driverCpu: null,
    };
  }

  private pgbenchOptions(seconds: number): Parameters<typeof pgbench>[1] {
    const [url, directory, customers] = [this.peersUrl, this.database.directory, this.extent.customers];
    return { url, directory, customers, seconds };
  }
}
