import type pg from 'pg';
import { type Asked, rowsOf } from './migration-locks.js';

/** How often whoever watches hears of what takes long. */
const TELL_EVERY_MS = 5_000;

/** The index that is being built by a process of the server (PostgreSQL, 27.4.4). */
const BUILDING = `
  SELECT coalesce(i.relname, 'an index') AS name, p.phase, p.blocks_done::float8 AS done, p.blocks_total::float8 AS total, nullif(p.current_locker_pid, 0) AS locker
    FROM pg_stat_progress_create_index p LEFT JOIN pg_class i ON i.oid = p.index_relid WHERE p.pid = $1`;

interface Building {
  readonly name: string;
  readonly phase: string;
  readonly done: number;
  readonly total: number;
  readonly locker: number | null;
}

/** Tells now and then how far a migration is that takes long, from a connection beside the one on which it runs. */
export class MigrationWatch {
  constructor(
    private readonly beside: pg.Client,
    private readonly say: (line: string) => void,
  ) {}

  async during<Result>(worker: Asked, work: () => Promise<Result>): Promise<Result> {
    const [{ pid }] = (await rowsOf<{ pid: number }>(worker, 'SELECT pg_backend_pid() AS pid')) as [{ pid: number }];
    const began = Date.now();
    let looking: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      looking = looking.then(() => this.tell(pid, began));
    }, TELL_EVERY_MS);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      await looking;
    }
  }

  private async tell(pid: number, began: number): Promise<void> {
    const { rows } = await this.beside.query<Building>(BUILDING, [pid]).catch(() => ({ rows: [] as Building[] }));
    this.say(`  ${describe(rows[0])} (${Math.round((Date.now() - began) / 1_000)} s)`);
  }
}

function describe(building: Building | undefined): string {
  if (building === undefined) return 'still at it';
  const { name, phase, done, total, locker } = building;
  const share = total > 0 ? `, ${Math.floor((100 * done) / total)} %` : '';
  return `${name}: ${phase}${share}${locker === null ? '' : `, for process ${locker}`}`;
}

/** Whoever has had a transaction open for longest, in words; nothing where that cannot be seen. */
export async function openLongest(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; name: string; seconds: number }>(`
    SELECT pid, coalesce(nullif(application_name, ''), usename, 'somebody') AS name, extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
      FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '200 ms'
     ORDER BY xact_start LIMIT 1`);
  return rows
    .map(
      ({ pid, name, seconds }) => ` (process ${pid}, ${name}, has had a transaction open for ${Math.round(seconds)} s)`,
    )
    .join('');
}
