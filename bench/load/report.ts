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

export interface Figures {
  readonly at: string;
  readonly node: string;
  readonly cores: number;
  readonly processor: string;
  readonly memoryGigabytes: number;
  readonly postgres: Readonly<Record<string, string>>;
  readonly extent: Extent;
  readonly rows: readonly Row[];
  readonly halfLoad: { readonly verdict: HalfLoad; readonly answerToStream: HalfLoad };
  readonly residentMegabytes: number | null;
  readonly failures: number;
}

const cores = (value: number | null): string => (value === null ? '–' : value.toFixed(2));
const milliseconds = (value: number | null): string => (value === null || Number.isNaN(value) ? '–' : value.toFixed(2));

/** What was measured on what. */
export function describe({ node, cores: count, processor, memoryGigabytes, postgres, extent }: Figures): string {
  const settings = Object.entries(postgres)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return `Node ${node}, ${count} cores (${processor}), ${memoryGigabytes} GB; PostgreSQL ${settings}; ${extent.rounds} interleaved rounds of ${extent.seconds} s, 128 connections for reads and verdicts and 32 agents for round trips, medians; driver, servers and database share the machine.`;
}

/** Two tables in Markdown: throughput beside the peers, and latency at half of the greatest load. */
export function printTable(figures: Figures): string {
  const rows = figures.rows.map(
    (row) =>
      `| ${row.name} | ${Math.round(row.perSecond)} | ${row.times.toFixed(2)} | ${milliseconds(row.p50)} | ${milliseconds(row.p99)} | ${cores(row.serverCpu)} | ${cores(row.databaseCpu)} | ${cores(row.driverCpu)}${row.driverBound ? ' (bound by the driver)' : ''} |`,
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
    '| At half of the greatest load | per second | p50 ms | p99 ms |',
    '|---|---|---|---|',
    ...half,
    '',
    `Memory of the service at the end: ${figures.residentMegabytes ?? '–'} MB. Failed operations: ${figures.failures}.`,
  ].join('\n');
}
