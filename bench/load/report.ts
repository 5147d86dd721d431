export interface Extent {
  readonly rounds: number;
  /** With two processes; 0 leaves them out. */
  readonly roundsOfTwo: number;
  /** Of each scenario in each round. */
  readonly seconds: number;
  readonly halfLoadSeconds: number;
  readonly customers: number;
}

export interface Row {
  readonly name: string;
  readonly what: 'read' | 'roundTrip';
  /** Medians over the rounds. */
  readonly perSecond: number;
  readonly times: number;
  /** How often the CPU of one operation, all parts together, goes into that of the baseline; null where it cannot be known. */
  readonly timesByCpu: number | null;
  readonly p50: number;
  readonly p99: number;
  /** Cores; null where it cannot be known. */
  readonly serverCpu: number | null;
  readonly databaseCpu: number | null;
  readonly driverCpu: number | null;
  readonly driverBound: boolean;
}

export interface HalfLoad {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
}

/** Operations that come at a steady rate, whoever is still waiting for theirs. */
export interface Arrivals extends HalfLoad {
  /** At which they came; `perSecond` is at which they were done. */
  readonly rate: number;
  readonly max: number;
  /** Of bare insertions of one row by pgbench that come at the same rate, right after; null without pgbench. */
  readonly insertion: { readonly p50: number; readonly p99: number } | null;
}

export interface Figures {
  readonly at: string;
  readonly node: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGigabytes: number;
  readonly postgres: Readonly<Record<string, string>>;
  readonly extent: Extent;
  readonly rows: readonly Row[];
  readonly arrivals: readonly Arrivals[];
  readonly halfLoad: { readonly verdict: HalfLoad; readonly answerToStream: HalfLoad };
  readonly residentMegabytes: number | null;
  readonly failures: number;
}

const micros = (value: number | null, perSecond: number): string =>
  value === null ? '–' : String(Math.round((1e6 * value) / perSecond));
const cores = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const milliseconds = (value: number | null): string => (value === null || Number.isNaN(value) ? '–' : value.toFixed(2));

/** What was measured on what. */
export function describe({ node, cores: count, processor, memoryGigabytes, postgres, extent }: Figures): string {
  const settings = Object.entries(postgres)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return `Node ${node}, ${count} cores (${processor}), ${memoryGigabytes} GB; PostgreSQL ${settings}; ${extent.rounds} interleaved rounds of ${extent.seconds} s, 128 connections for reads and verdicts and 32 agents for round trips, medians; driver, servers and database share the machine.`;
}

/** Tables in Markdown: throughput beside the peers, the CPU of one operation, and latencies at steady rates. */
export function printTable(figures: Figures): string {
  const rows = figures.rows.map(
    (row) =>
      `| ${row.name} | ${Math.round(row.perSecond)} | ${row.times.toFixed(2)} | ${milliseconds(row.p50)} | ${milliseconds(row.p99)} | ${cores(row.serverCpu)} | ${cores(row.databaseCpu)} | ${cores(row.driverCpu)}${row.driverBound ? ' (bound by the driver)' : ''} |`,
  );
  const cpu = figures.rows
    .filter(({ timesByCpu }) => timesByCpu !== null)
    .map(
      ({ name, perSecond, serverCpu, databaseCpu, driverCpu, timesByCpu }) =>
        `| ${name} | ${[serverCpu, databaseCpu, driverCpu].map((part) => micros(part, perSecond)).join(' | ')} | ${timesByCpu!.toFixed(2)} |`,
    );
  const arrivals = figures.arrivals.map(
    ({ rate, perSecond, p50, p99, max, insertion }) =>
      `| ${rate} | ${Math.round(perSecond)} | ${milliseconds(p50)} | ${milliseconds(p99)} | ${milliseconds(max)} | ${milliseconds(insertion?.p50 ?? null)} | ${milliseconds(insertion?.p99 ?? null)} | ${insertion ? (p99 / insertion.p99).toFixed(1) : '–'} |`,
  );
  const half = Object.entries({
    Verdict: figures.halfLoad.verdict,
    "Answer to agent's stream": figures.halfLoad.answerToStream,
  }).map(
    ([name, { perSecond, p50, p99 }]) =>
      `| ${name} | ${Math.round(perSecond)} | ${milliseconds(p50)} | ${milliseconds(p99)} |`,
  );
  return [
    '| | per second | × Fastify + pg | p50 ms | p99 ms | server, cores | database, cores | driver, cores |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
    '| CPU of one operation | server µs | database µs | driver µs | × Fastify + pg by CPU |',
    '|---|---|---|---|---|',
    ...cpu,
    '',
    '| Verdicts that come at a steady rate that can be carried, per second | done per second | p50 ms | p99 ms | longest ms | bare insertion at that rate, p50 ms | p99 ms | × its p99 |',
    '|---|---|---|---|---|---|---|---|',
    ...arrivals,
    '',
    '| At half of the greatest load | per second | p50 ms | p99 ms |',
    '|---|---|---|---|',
    ...half,
    '',
    `Memory of the service at the end: ${figures.residentMegabytes ?? '–'} MB. Failed operations: ${figures.failures}.`,
  ].join('\n');
}

/** A page for docs/performance: what was measured, when, of which version. */
export function printPage(version: string, figures: Figures): string {
  return [
    `# Performance of ${version}`,
    '',
    `Made by \`npm run bench -- --page\` on ${figures.at.slice(0, 10)}. How it is measured, and what bounds it: [performance](../performance.md).`,
    '',
    describe(figures),
    '',
    printTable(figures),
    '',
  ].join('\n');
}
