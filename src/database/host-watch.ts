import pg from 'pg';
import { isRefusedAsTooMany } from './connection-allowance.js';
import type { DatabaseHost } from './hosts.js';

/** What a host said of itself. */
export interface HostReport {
  readonly isStandby: boolean;
  readonly isReadOnly: boolean;
  /** Raised by each promotion; null where the server does not tell. */
  readonly timeline: number | null;
  /** The same for a primary and its standbys; null where the server does not tell. */
  readonly cluster: string | null;
}

/** What is known of a host: what it said, that it answers but says nothing of itself, or why it does not answer. */
export type HostState = { readonly report: HostReport } | { readonly isBusy: true } | { readonly failure: Error };

export interface HostWatchOptions {
  readonly host: DatabaseHost;
  /** The address of the host, for the login that serves. */
  readonly url: string;
  /** So long it has to answer, milliseconds. */
  readonly answerMs: number;
  /** Whether others have heard from it: a number that grows with each byte that came. */
  readonly heard: () => number;
}

// On a standby there is no insert position. The checkpoint in the control file tells of a promotion minutes late; the
// name of the file that is written to tells at once.
const ASK = `
  SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only,
         CASE WHEN NOT pg_is_in_recovery() THEN ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint::text END AS timeline,
         (SELECT system_identifier::text FROM pg_control_system()) AS cluster`;
/** For servers that keep their log in another way, as some that are rented do. */
const ASK_LESS = `
  SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only, NULL AS timeline, NULL AS cluster`;

/** What a server answers that has no such function, or gives it to nobody. */
const NOT_TO_BE_ASKED: ReadonlySet<string> = new Set(['42501', '42883', '0A000', '55000']);

/** A turn of the event loop for each: one that was held up for long hears first what came meanwhile. */
const TURNS = 4;

/** Says that a host did not answer in time. */
export class HostSilent extends Error {
  override readonly name = 'HostSilent';
  constructor() {
    super('timeout expired');
  }
}

/** One connection to a host, kept, on which it is asked what it is. */
export class HostWatch {
  state: HostState | null = null;
  private client: pg.Client | null = null;
  private ask = ASK;

  constructor(readonly options: HostWatchOptions) {}

  /** Asks, over the connection that is kept or a new one. Resolves in any case, in time or a little after. */
  async look(): Promise<HostState> {
    const heardBefore = this.options.heard();
    const asking = this.inquire();
    asking.catch(() => undefined);
    try {
      this.state = { report: await beforeSilence(asking, this.options.answerMs) };
    } catch (error) {
      this.drop();
      const answers = error instanceof HostSilent && this.options.heard() > heardBefore;
      this.state = answers || isRefusedAsTooMany(error) ? { isBusy: true } : { failure: error as Error };
    }
    return this.state;
  }

  /** Closes the connection without a word: the other side may be gone. */
  drop(): void {
    this.client?.connection.stream.destroy();
    this.client = null;
  }

  private async inquire(): Promise<HostReport> {
    if (this.client) {
      // One that stood for long may have been closed from the other side.
      const kept = await this.read(this.client).catch(() => null);
      if (kept) return kept;
      this.drop();
    }
    this.ask = ASK;
    const client = await this.open();
    try {
      return await this.read(client);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || !NOT_TO_BE_ASKED.has(error.code ?? '')) throw error;
      this.ask = ASK_LESS;
      return this.read(client);
    }
  }

  private async read(client: pg.Client): Promise<HostReport> {
    const {
      rows: [row],
    } = await client.query<{
      standby: boolean;
      read_only: boolean;
      timeline: string | null;
      cluster: string | null;
    }>(this.ask);
    const { standby, read_only, timeline, cluster } = row!;
    return {
      isStandby: standby,
      isReadOnly: read_only,
      timeline: timeline === null ? null : Number(timeline),
      cluster,
    };
  }

  private async open(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'countersign watch',
      keepAlive: true,
    });
    this.client = client;
    const forget = (): void => {
      if (this.client === client) this.client = null;
    };
    client.on('error', forget);
    client.on('end', forget);
    await client.connect();
    return client;
  }
}

/** What is answered within a time, in which this process was not too busy to hear it. @throws HostSilent */
export async function beforeSilence<Result>(answer: Promise<Result>, limitMs: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    let turns = 0;
    timer = setInterval(() => {
      turns += 1;
      if (turns === TURNS) setImmediate(() => reject(new HostSilent()));
    }, limitMs / TURNS);
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearInterval(timer);
  }
}

/** What it said of itself, where it last said something. */
export function reportOf({ state }: HostWatch): HostReport | null {
  return state && 'report' in state ? state.report : null;
}

/** In a few words, for people: no address but the name of the host, and nothing that a server wrote. */
export function wordsOf({ state }: HostWatch): string {
  if (state === null) return 'has not answered yet';
  if ('isBusy' in state) return 'is too busy to say what it is';
  if ('failure' in state) {
    const { code } = state.failure as { code?: string };
    return `${state.failure instanceof pg.DatabaseError ? 'refuses' : 'does not answer'} (${code ?? state.failure.name})`;
  }
  const { isStandby, isReadOnly, timeline } = state.report;
  if (isStandby) return 'is a standby';
  return `${isReadOnly ? 'is read-only' : 'takes writes'}${timeline === null ? '' : `, on timeline ${timeline}`}`;
}
