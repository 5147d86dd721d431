/**
 * The drill of docs/high-availability.md: a primary and a synchronous standby under load. The primary is killed, hangs, is
 * cut off, is left without being fenced, and is switched back to. Ends with 1 where an acknowledged decision is lost, a
 * verdict says `legitimate` of a call that has ended, or the log has a gap.
 *
 * npm run drill:failover -- [--only killed,hung] [--json FILE]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchIssuer, startIssuer } from '../load/issuer.js';
import { Bank, registerLine } from './bank.js';
import { makeNetwork, type Network } from './network.js';
import { findPrograms, PostgresNode } from './postgres-node.js';
import { examineLedger, examineLog, goesOn, readCheckpoint } from './proof.js';
import { DrillService } from './service.js';

const DATABASE = 'postgres';
/** Load before and after each fault, and how long after it the standby is promoted. */
const LOAD_MS = 3_000;
const PROMOTE_AFTER_MS = 1_000;
const WORKERS = 8;
/** What was wrong so long after the promotion is not over. */
const LIMIT_MS = 3_000;

interface Figures {
  readonly scenario: string;
  readonly acknowledged: number;
  readonly promotedAfterMs: number;
  /** From the fault to the first verdict or decision, sent after it, that was right. */
  readonly verdictsAfterMs: number | null;
  readonly decisionsAfterMs: number | null;
  /** From the promotion to the last that was not. */
  readonly verdictsSettledMs: number;
  readonly decisionsSettledMs: number;
  /** From the promotion to the last that had to wait for its own first try, under the same key (409). */
  readonly keysHeldMs: number;
  readonly faults: readonly string[];
}

interface Pair {
  primary: PostgresNode;
  standby: PostgresNode;
}

type Scenario = (pair: Pair) => Promise<void>;

/** Each ends with the standby promoted, or about to be. What comes after it is asked of the old primary. */
const SCENARIOS: Readonly<Record<string, { readonly fault: Scenario; readonly after: Scenario }>> = {
  killed: {
    fault: ({ primary }) => primary.kill(),
    after: async ({ primary }) => {
      // It comes back by itself, and takes writes as if it were alone.
      await primary.configure({ synchronous_standby_names: '' });
      await primary.start();
    },
  },
  hung: {
    fault: ({ primary }) => Promise.resolve(primary.hang()),
    after: ({ primary }) => Promise.resolve(primary.resume()),
  },
  partitioned: { fault: ({ primary }) => primary.path.cut(), after: ({ primary }) => primary.path.heal() },
  unfenced: {
    // Only the standby loses it; the services see both, and both would decide.
    fault: async ({ standby }) =>
      void (await standby.sql(DATABASE, `ALTER SYSTEM SET primary_conninfo = ''`, 'SELECT pg_reload_conf()')),
    after: () => Promise.resolve(),
  },
  'switched back': { fault: ({ primary }) => primary.stop(), after: () => Promise.resolve() },
};

class FailoverDrill {
  private readonly services: DrillService[] = [];
  private nodes: PostgresNode[] = [];
  private issuer!: BenchIssuer;
  private tokens!: { app: string; agent: string };

  constructor(
    private readonly directory: string,
    private readonly network: Network,
  ) {}

  async prepare(): Promise<Pair> {
    const programs = await findPrograms(this.directory);
    const primary = new PostgresNode('a', this.directory, programs, await this.network.path('a'));
    const standby = new PostgresNode('b', this.directory, programs, await this.network.path('b'));
    this.nodes = [primary, standby];
    await primary.make({
      max_connections: '200',
      wal_keep_size: '512MB',
      wal_retrieve_retry_interval: '200ms',
      synchronous_commit: 'on',
    });
    await primary.start();
    await this.join(primary, standby);
    this.issuer = await startIssuer();
    this.tokens = {
      app: await this.issuer.token('app'),
      agent: await this.issuer.token('agent', 'amara', 'Amara Okafor'),
    };
    const databaseUrl = `postgres://drill:drill@${primary.at},${standby.at}/${DATABASE}?target_session_attrs=read-write`;
    for (const name of ['one', 'two']) {
      const service = new DrillService({ databaseUrl, directory: this.directory, issuer: this.issuer, name });
      await service.start();
      this.services.push(service);
    }
    await registerLine(this.services[0]!.url, await this.issuer.token('admin'));
    return { primary, standby };
  }

  async run(scenario: string, pair: Pair): Promise<Figures> {
    const { fault, after } = SCENARIOS[scenario]!;
    const kept = await readCheckpoint(this.services[0]!.url);
    const bank = new Bank({ urls: () => this.services.map(({ url }) => url), tokens: this.tokens, workers: WORKERS });
    bank.start();
    await pause(LOAD_MS);
    const faultAt = performance.now();
    await fault(pair);
    await pause(PROMOTE_AFTER_MS);
    await pair.standby.promote();
    const promotedAt = performance.now();
    await pause(LOAD_MS);
    await after(pair);
    await pause(LOAD_MS);
    await bank.stop();

    const query = <Row extends object>(statement: string): Promise<Row[]> => pair.standby.sql<Row>(DATABASE, statement);
    const faults = await examineLedger(query, bank.ledger.values());
    faults.push(...(await examineLog(query)));
    if (bank.stale > 0) faults.push(`${bank.stale} verdicts said that a call was live that had ended`);
    if (!(await goesOn(this.services[0]!.url, kept)))
      faults.push('the log does not go on from the checkpoint that was kept');
    const figures = { ...figuresOf(bank, faultAt, promotedAt), scenario, acknowledged: bank.ledger.size };
    for (const kind of ['verdicts', 'decisions'] as const) {
      if (figures[`${kind}AfterMs`] === null) faults.push(`no ${kind} after the fault were right`);
      if (figures[`${kind}SettledMs`] > LIMIT_MS)
        faults.push(`${kind} still failed ${Math.round(figures[`${kind}SettledMs`])} ms after the promotion`);
    }
    return { ...figures, faults };
  }

  /** What was the primary is made a standby of what is. */
  async rejoin({ primary, standby }: Pair): Promise<Pair> {
    await primary.stop();
    await this.join(standby, primary);
    return { primary: standby, standby: primary };
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop()));
    this.issuer?.stop();
    for (const node of this.nodes) await node.kill().catch(() => undefined);
    await this.network.close();
  }

  private async join(primary: PostgresNode, standby: PostgresNode): Promise<void> {
    await standby.copyFrom(primary);
    await standby.start();
    await primary.sql(
      DATABASE,
      `ALTER SYSTEM SET synchronous_standby_names = '${standby.name}'`,
      'SELECT pg_reload_conf()',
    );
    for (let tries = 0; tries < 200; tries += 1) {
      const rows = await primary.sql<{ sync_state: string }>(DATABASE, 'SELECT sync_state FROM pg_stat_replication');
      if (rows.some(({ sync_state }) => sync_state === 'sync')) return;
      await pause(50);
    }
    throw new Error('the standby does not follow');
  }
}

type Times = Omit<Figures, 'scenario' | 'acknowledged' | 'faults'>;

function figuresOf(bank: Bank, faultAt: number, promotedAt: number): Times {
  const firstRight = (kind: 'verdict' | 'decision'): number | null => {
    const right = bank
      .since(faultAt, kind)
      .filter(({ isRight, sentAt, endedAt }) => isRight && (sentAt > promotedAt || endedAt > promotedAt));
    return right.length === 0 ? null : Math.min(...right.map(({ endedAt }) => endedAt)) - faultAt;
  };
  const lastWrong = (kind: 'verdict' | 'decision'): number => {
    const wrong = bank.since(faultAt, kind).filter(({ isRight, isHeld }) => !isRight && !isHeld);
    return Math.max(0, ...wrong.map(({ endedAt }) => endedAt - promotedAt));
  };
  return {
    promotedAfterMs: promotedAt - faultAt,
    verdictsAfterMs: firstRight('verdict'),
    decisionsAfterMs: firstRight('decision'),
    verdictsSettledMs: lastWrong('verdict'),
    decisionsSettledMs: lastWrong('decision'),
    keysHeldMs: Math.max(
      0,
      ...bank
        .since(faultAt, 'decision')
        .filter(({ isHeld }) => isHeld)
        .map(({ endedAt }) => endedAt - promotedAt),
    ),
  };
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const seconds = (milliseconds: number | null): string =>
  milliseconds === null ? '–' : `${(milliseconds / 1_000).toFixed(1)} s`;

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
const wanted = values.only?.split(',') ?? Object.keys(SCENARIOS);
const unknown = wanted.filter((scenario) => !Object.hasOwn(SCENARIOS, scenario));
if (unknown.length > 0) {
  process.stderr.write(
    `There is no scenario ${unknown.join(', ')}. There are: ${Object.keys(SCENARIOS).join(', ')}.\n`,
  );
  process.exit(2);
}
const directory = await mkdtemp(join(tmpdir(), 'countersign-drill-'));
const network = await makeNetwork();
const drill = new FailoverDrill(directory, network);
const done: Figures[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void drill.close().finally(() => process.exit(130)));
let failure: unknown;
try {
  process.stdout.write(
    `A primary and a synchronous standby, cut off by ${network.kind}. The standby is promoted ${PROMOTE_AFTER_MS / 1_000} s after the fault.\n`,
  );
  let pair = await drill.prepare();
  for (const scenario of wanted) {
    const figures = await drill.run(scenario, pair);
    done.push(figures);
    process.stdout.write(
      `${scenario}: ${figures.acknowledged} calls acknowledged, ${figures.faults.length === 0 ? 'none lost' : figures.faults.slice(0, 5).join('; ')}. ` +
        `After the fault: promoted ${seconds(figures.promotedAfterMs)}, verdicts ${seconds(figures.verdictsAfterMs)}, decisions ${seconds(figures.decisionsAfterMs)}. ` +
        `The last that failed, after the promotion: verdict ${seconds(figures.verdictsSettledMs)}, decision ${seconds(figures.decisionsSettledMs)}; a key whose first try was cut off waited until ${seconds(figures.keysHeldMs)}.\n`,
    );
    pair = await drill.rejoin(pair);
  }
} catch (error) {
  failure = error;
} finally {
  await drill.close();
  if (process.env.DRILL_KEEP === undefined) await rm(directory, { recursive: true, force: true });
}
if (values.json) await writeFile(values.json, `${JSON.stringify(done, null, 2)}\n`);
if (failure) process.stderr.write(`${failure instanceof Error ? failure.stack : String(failure)}\n`);
process.exit(failure || done.some(({ faults }) => faults.length > 0) ? 1 : 0);
