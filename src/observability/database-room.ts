import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { read, sql } from '../database/sql.js';
import { Metrics } from './metrics.js';

/** Whoever has them: the limit is of the whole server. */
const connections = read(
  'databaseRoom.connections',
  sql`
  SELECT count(*)::int AS open, current_setting('max_connections')::int AS most
    FROM pg_stat_activity WHERE backend_type = 'client backend'`,
);

/** Tells how much room the database's server has for connections. */
@Injectable()
export class DatabaseRoom implements OnModuleInit {
  constructor(
    @Inject(Databases) private readonly databases: Databases,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.measure(
      {
        name: 'countersign_database_connections_ratio',
        help: "Open connections of all clients to the database's server, as a share of max_connections.",
        labelNames: [],
      },
      async () => {
        const [database] = this.databases.allKept();
        const [row] = await database!.query<{ open: number; most: number }>(connections, {});
        return [{ labels: {}, value: row!.open / row!.most }];
      },
    );
  }
}
