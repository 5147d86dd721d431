/**
 * The drill of docs/high-availability.md, "With Patroni": two nodes and etcd as deploy/patroni/ sets them up, two services,
 * under load. Switched over, killed, hung, and etcd away for longer than a lease. Ends with 1 where an acknowledged decision
 * is lost, a verdict says `legitimate` of a call that has ended, the log has a gap, or what should be over goes on; with 77
 * where Debian's packages are missing.
 *
 * npm run drill:patroni -- [--only killed,hung] [--json FILE]
 */
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchIssuer, startIssuer } from '../load/issuer.js';
import { type Attempt, Bank, registerLine } from './bank.js';
import { findInstallation, type Installation, SKIPPED } from './debian-postgres.js';
import { ETCD, PATRONICTL, PatroniCluster, pause } from './patroni-cluster.js';
import { PATRONI, type PatroniNode } from './patroni-node.js';
import { examineLedger, examineLog, goesOn, readCheckpoint } from './proof.js';
import { DrillService } from './service.js';

const DATABASE = 'countersign';
const OWNER = 'countersign_owner';
const WORKERS = 8;
const LOAD_MS = 3_000;
/** Longer than a lease, which is 20 s in deploy/patroni/patroni.yml. */
const ETCD_AWAY_MS = 30_000;
const PROMOTION_TRIES = 1_800;
/** What was wrong so long after the promotion is not over. */
const LIMIT_MS = 5_000;

interface Figures {
  readonly scenario: string;
  readonly acknowledged: number;
  /** From the fault; null where nothing was promoted. */
  readonly promotedAfterMs: number | null;
  /** The longest that nothing was right, from the fault on. */
  readonly verdictsGapMs: number;
  readonly decisionsGapMs: number;
  /** From the promotion, or the fault where there was none, to the last that was wrong. */
  readonly verdictsSettledMs: number;
  readonly decisionsSettledMs: number;
  readonly faults: readonly string[];
}

interface Scenario {
  readonly promotes: boolean;
  fault(cluster: PatroniCluster, primary: PatroniNode, standby: PatroniNode): Promise<void>;
  /** What comes after it is asked of what was broken. */
  after(cluster: PatroniCluster, old: PatroniNode): Promise<void>;
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'switched over': {
    promotes: true,
    fault: (cluster, _primary, standby) => cluster.switchover(standby),
    after: () => Promise.resolve(),
  },
  killed: {
    promotes: true,
    fault: (_cluster, primary) => primary.kill(),
    after: async (_cluster, old) => old.start(),
  },
  hung: {
    promotes: true,
    fault: async (_cluster, primary) => primary.hang(),
    after: async (_cluster, old) => old.resume(),
  },
  'etcd away': {
    promotes: false,
    fault: async (cluster) => {
      await cluster.stopEtcd();
      await pause(ETCD_AWAY_MS);
    },
    after: (cluster) => cluster.startEtcd(),
  },
};

class PatroniDrill {
  readonly cluster: PatroniCluster;
  private readonly services: DrillService[] = [];
  private issuer!: BenchIssuer;
  private tokens!: { app: string; agent: string };

  constructor(
    private readonly directory: string,
    installation: Installation,
  ) {
    this.cluster = new PatroniCluster(directory, installation);
  }

  async prepare(): Promise<void> {
    await this.cluster.start();
    const { primary } = await this.cluster.roles();
    await primary.sql(
      'postgres',
      `CREATE ROLE ${OWNER} LOGIN CREATEROLE PASSWORD '${new URL(primary.url('postgres')).password}'`,
      `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`,
    );
    this.issuer = await startIssuer();
    this.tokens = {
      app: await this.issuer.token('app'),
      agent: await this.issuer.token('agent', 'amara', 'Amara Okafor'),
    };
    const { username, password } = new URL(primary.url(DATABASE, OWNER));
    const hosts = this.cluster.nodes.map(({ at }) => at).join(',');
    const databaseUrl = `postgres://${username}:${password}@${hosts}/${DATABASE}?target_session_attrs=read-write`;
    for (const name of ['one', 'two']) {
      const service = new DrillService({ databaseUrl, directory: this.directory, issuer: this.issuer, name });
      await service.start();
      this.services.push(service);
    }
    await registerLine(this.services[0]!.url, await this.issuer.token('admin'));
  }

  async run(name: string): Promise<Figures> {
    const { cluster } = this;
    const scenario = SCENARIOS[name]!;
    const { primary, standby } = await cluster.roles();
    const kept = await readCheckpoint(this.services[0]!.url);
    const bank = new Bank({ urls: () => this.services.map(({ url }) => url), tokens: this.tokens, workers: WORKERS });
    bank.start();
    await pause(LOAD_MS);
    const faultAt = performance.now();
    const promotion = scenario.promotes ? promoted(standby) : Promise.resolve(null);
    await scenario.fault(cluster, primary, standby);
    const promotedAt = await promotion;
    await pause(LOAD_MS);
    await scenario.after(cluster, primary);
    await cluster.untilHealthy();
    await pause(LOAD_MS);
    await bank.stop();
    const figures = { ...figuresOf(bank, faultAt, promotedAt), scenario: name, acknowledged: bank.ledger.size };
    return {
      ...figures,
      faults: [...(await this.examine(bank, kept, scenario.promotes ? standby : primary)), ...late(figures)],
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.stop().catch(() => undefined)));
    this.issuer?.stop();
    await this.cluster.stop();
  }

  private async examine(
    bank: Bank,
    kept: Awaited<ReturnType<typeof readCheckpoint>>,
    expected: PatroniNode,
  ): Promise<string[]> {
    const { primary } = await this.cluster.roles();
    const query = <Row extends object>(statement: string): Promise<Row[]> => primary.sql<Row>(DATABASE, statement);
    const faults = [...(await examineLedger(query, bank.ledger.values())), ...(await examineLog(query))];
    if (bank.stale > 0) faults.push(`${bank.stale} verdicts said that a call was live that had ended`);
    for (const { url } of this.services)
      if (!(await goesOn(url, kept))) faults.push('the log does not go on from the checkpoint that was kept');
    if (primary !== expected) faults.push(`${primary.name} is the primary, and should not be`);
    return faults;
  }
}

/** When a node takes writes. */
async function promoted(node: PatroniNode): Promise<number> {
  for (let tries = 0; tries < PROMOTION_TRIES; tries += 1) {
    if (await node.decides()) return performance.now();
    await pause(50);
  }
  throw new Error(`nothing was promoted:\n${node.lastWords()}`);
}

type Times = Omit<Figures, 'scenario' | 'acknowledged' | 'faults'>;

function figuresOf(bank: Bank, faultAt: number, promotedAt: number | null): Times {
  const gap = (kind: Attempt['kind']): number => {
    const right = bank.attempts.filter((one) => one.kind === kind && one.isRight && one.endedAt >= faultAt);
    const times = [faultAt, ...right.map(({ endedAt }) => endedAt).sort((a, b) => a - b)];
    return Math.max(...times.slice(1).map((time, at) => time - times[at]!), 0);
  };
  const settled = (kind: Attempt['kind']): number => {
    const from = promotedAt ?? faultAt;
    const wrong = bank.since(faultAt, kind).filter(({ isRight, isHeld }) => !isRight && !isHeld);
    return Math.max(0, ...wrong.map(({ endedAt }) => endedAt - from));
  };
  return {
    promotedAfterMs: promotedAt === null ? null : promotedAt - faultAt,
    verdictsGapMs: gap('verdict'),
    decisionsGapMs: gap('decision'),
    verdictsSettledMs: settled('verdict'),
    decisionsSettledMs: settled('decision'),
  };
}

function late({ verdictsSettledMs, decisionsSettledMs, promotedAfterMs }: Times): string[] {
  const limit = promotedAfterMs === null ? 0 : LIMIT_MS;
  const from = promotedAfterMs === null ? 'although nothing was to change' : 'after the promotion';
  return Object.entries({ verdicts: verdictsSettledMs, decisions: decisionsSettledMs })
    .filter(([, milliseconds]) => milliseconds > limit)
    .map(([kind, milliseconds]) => `${kind} still failed at ${seconds(milliseconds)}, ${from}`);
}

function seconds(milliseconds: number | null): string {
  return milliseconds === null ? '–' : `${(milliseconds / 1_000).toFixed(1)} s`;
}

function sentenceOf(figures: Figures): string {
  const { scenario, acknowledged, faults, promotedAfterMs } = figures;
  const promotion = promotedAfterMs === null ? 'nothing promoted' : `promoted after ${seconds(promotedAfterMs)}`;
  return (
    `${scenario}: ${acknowledged} calls acknowledged, ${faults.length === 0 ? 'none lost' : faults.slice(0, 5).join('; ')}. ` +
    `${promotion}; longest without a right verdict ${seconds(figures.verdictsGapMs)}, decision ${seconds(figures.decisionsGapMs)}. ` +
    `The last that failed: verdict ${seconds(figures.verdictsSettledMs)}, decision ${seconds(figures.decisionsSettledMs)} after ${promotedAfterMs === null ? 'the fault' : 'the promotion'}.\n`
  );
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

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
const installation = await findInstallation(directory, ['pg_basebackup', 'pg_rewind', 'pg_ctl']);
const missing: string[] = [];
for (const program of [PATRONI, PATRONICTL, ETCD]) if (!(await isThere(program))) missing.push(program);
if (!installation || missing.length > 0) {
  await rm(directory, { recursive: true, force: true });
  process.stdout.write(
    `Skipped: ${[...missing, ...(installation ? [] : ['/usr/lib/postgresql'])].join(', ')} missing. On Debian: apt-get install patroni etcd-server postgresql\n`,
  );
  process.exit(SKIPPED);
}
const drill = new PatroniDrill(directory, installation);
const done: Figures[] = [];
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void drill.close().finally(() => process.exit(130)));
let failure: unknown;
try {
  await drill.prepare();
  process.stdout.write(`PostgreSQL ${installation.binaries.major}, two nodes under Patroni, etcd, two services.\n`);
  for (const scenario of wanted) {
    const figures = await drill.run(scenario);
    done.push(figures);
    process.stdout.write(sentenceOf(figures));
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
