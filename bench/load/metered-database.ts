import { readFileSync } from 'node:fs';
import type pg from 'pg';
import type { Statement, Values } from '../../src/database/sql.js';
import { TenantDatabase, type WorkHandle } from '../../src/database/tenant-database.js';

/** What statements of one name took: how often, and of the backend's CPU. */
export interface Metered {
  calls: number;
  micros: number;
}

/** CPU time of a process in nanoseconds, as the scheduler counts it (Linux, Documentation/scheduler/sched-stats.rst); null where it has ended. */
function cpuNanosOf(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]);
  } catch {
    return null;
  }
}

/**
 * A tenant's database of which is known what its backends do. Statement by statement only where that is asked for, since
 * to look costs the service something. One statement at a time: what several took at once is nobody's.
 */
export class MeteredDatabase extends TenantDatabase {
  private readonly backends = new Map<number, number>();
  private statements: Map<string, Metered> | null = null;

  /** Learns which backends these are, besides those that it knows of. */
  async find(owner: pg.Client): Promise<void> {
    const { rows } = await owner.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE usename LIKE 'countersign_service%'`,
    );
    for (const { pid } of rows) if (!this.backends.has(pid)) this.backends.set(pid, 0);
  }

  /** CPU of all its backends since they began; of one that has ended, as it was when last looked at. */
  cpuMicros(): number {
    let nanos = 0;
    for (const [pid, before] of this.backends) {
      const now = cpuNanosOf(pid) ?? before;
      this.backends.set(pid, now);
      nanos += now;
    }
    return nanos / 1_000;
  }

  /** Counts by statement from now on, into this. */
  meterInto(statements: Map<string, Metered> | null): void {
    this.statements = statements;
  }

  override query<Row extends object>(what: Statement, values: Values, more?: Values): Promise<Row[]> {
    return this.metered(what, () => super.query<Row>(what, values, more));
  }

  override transaction<Result>(work: (handle: WorkHandle) => Promise<Result>, statementMs?: number): Promise<Result> {
    return super.transaction(
      (handle) =>
        work({
          ...handle,
          query: <Row extends object>(what: Statement, values: Values, more?: Values) =>
            this.metered(what, () => handle.query<Row>(what, values, more)),
        }),
      statementMs,
    );
  }

  private async metered<Result>(what: Statement, run: () => Promise<Result>): Promise<Result> {
    if (!this.statements) return run();
    const before = this.cpuMicros();
    const result = await run();
    const metered = this.statements.get(what.name) ?? { calls: 0, micros: 0 };
    this.statements.set(what.name, {
      calls: metered.calls + 1,
      micros: metered.micros + this.cpuMicros() - before,
    });
    return result;
  }
}
