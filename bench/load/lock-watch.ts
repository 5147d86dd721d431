import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { VERDICT_TABLES } from '../../src/database/verdict-tables.js';

const EVERY_MS = 50;

/** Whoever waits longest for a lock of another, and the statement that one application has run for longest. */
const LOOK = `
  SELECT (SELECT max(extract(epoch FROM clock_timestamp() - waitstart)) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
           WHERE NOT granted AND a.datname = current_database() AND a.application_name NOT IN ($1, 'lock probe'))::float8 AS waited,
         (SELECT jsonb_agg(jsonb_build_object('text', left(regexp_replace(query, '\\s+', ' ', 'g'), 70), 'ms', round(extract(epoch FROM clock_timestamp() - query_start) * 1000)))
            FROM pg_stat_activity WHERE application_name = $1 AND state = 'active') AS running`;

/** What was seen while something else worked at a database, in milliseconds. */
export interface Seen {
  /** Of each table, how long what a verdict does with it had to wait at most. */
  readonly verdictWaits: Readonly<Record<string, number>>;
  /** How long a session of somebody else waited for a lock at most, as far as looks saw it. */
  readonly longestWait: number;
  /** The longest statements, as far as looks saw them. */
  readonly statements: readonly (readonly [text: string, ms: number])[];
}

/**
 * Watches the locks of a database while one application works at it: takes again and again, on each table that a verdict
 * needs, the lock that a verdict takes, and looks at what the application runs.
 * @param superuserUrl whoever sees everybody's statements
 */
export class LockWatch {
  readonly #clients: pg.Client[] = [];
  readonly #loops: Promise<void>[] = [];
  readonly #waits = new Map<string, number>();
  readonly #statements = new Map<string, number>();
  #longestWait = 0;
  #isRunning = true;

  private constructor(private readonly superuserUrl: string) {}

  /** @param more tables beside those of verdicts, of which it is seen how long a writer waits */
  static async start(superuserUrl: string, application: string, more: readonly string[] = []): Promise<LockWatch> {
    const watch = new LockWatch(superuserUrl);
    const looking = await watch.#connect('lock watch');
    watch.#loops.push(watch.#again(() => watch.#look(looking, application)));
    for (const table of [...Object.keys(VERDICT_TABLES), ...more]) {
      const probe = await watch.#connect('lock probe');
      const mode = VERDICT_TABLES[table] === 'reads' ? 'ACCESS SHARE' : 'ROW EXCLUSIVE';
      watch.#loops.push(watch.#again(() => watch.#probe(probe, table, mode)));
    }
    return watch;
  }

  async stop(): Promise<Seen> {
    this.#isRunning = false;
    await Promise.all(this.#loops);
    await Promise.all(this.#clients.map((client) => client.end()));
    return {
      verdictWaits: Object.fromEntries([...this.#waits].map(([table, ms]) => [table, Math.round(ms)])),
      longestWait: Math.round(this.#longestWait),
      statements: [...this.#statements].sort(([, a], [, b]) => b - a).slice(0, 8),
    };
  }

  async #connect(name: string): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.superuserUrl, application_name: name });
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  async #again(work: () => Promise<void>): Promise<void> {
    while (this.#isRunning) {
      await work();
      await sleep(EVERY_MS);
    }
  }

  async #probe(client: pg.Client, table: string, mode: string): Promise<void> {
    const began = performance.now();
    await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE; COMMIT`);
    this.#waits.set(table, Math.max(this.#waits.get(table) ?? 0, performance.now() - began));
  }

  async #look(client: pg.Client, application: string): Promise<void> {
    const { rows } = await client.query<{ waited: number | null; running: { text: string; ms: number }[] | null }>(
      LOOK,
      [application],
    );
    this.#longestWait = Math.max(this.#longestWait, (rows[0]!.waited ?? 0) * 1_000);
    for (const { text, ms } of rows[0]!.running ?? [])
      this.#statements.set(text, Math.max(this.#statements.get(text) ?? 0, ms));
  }
}
