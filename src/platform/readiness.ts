import type { Databases } from './databases.js';
import { statement } from './tenant-database.js';

const ping = statement('readiness.ping', 'SELECT 1 AS one');
const TIME_LIMIT_MS = 2_000;

/** Whether this process should get requests. */
export class Readiness {
  private draining = false;

  /** From now on not ready, so that a balancer sends requests elsewhere. */
  drain(): void {
    this.draining = true;
  }

  /** True where the database of every tenant answers in time. */
  async check(databases: Databases): Promise<boolean> {
    if (this.draining) return false;
    const pings = Promise.all([...databases.all()].map((database) => database.query(ping, {}))).then(() => true, () => false);
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<boolean>((resolve) => { timer = setTimeout(() => resolve(false), TIME_LIMIT_MS); });
    return Promise.race([pings, limit]).finally(() => clearTimeout(timer));
  }
}
