import pg from 'pg';
import type { PrimaryClient, PrimaryClientConfig } from './primary-client.js';
import { NotBound, type ReservedConnection, SharedConnection } from './shared-connection.js';

/** What holds for each transaction, as there is no session in which it could be set once. */
export interface TransactionSettings {
  readonly readOnly: boolean;
  readonly settings: Readonly<Record<string, string>>;
}

const COMMIT = 'COMMIT';

/** Begins a transaction that shows one tenant's rows, in one message: what is sent behind it fails where it fails. */
export function beginningFor(tenantId: string, { readOnly, settings }: TransactionSettings): string {
  const set = Object.entries(settings).map(
    ([name, value]) => `set_config(${pg.escapeLiteral(name)}, ${pg.escapeLiteral(value)}, true)`,
  );
  const named = `set_config('countersign.tenant', ${pg.escapeLiteral(tenantId)}, true) AS tenant`;
  return `BEGIN${readOnly ? ' READ ONLY' : ''}; SELECT ${[named, ...set].join(', ')}`;
}

/**
 * A connection to a pooler that hands out sessions for each transaction. Nothing is kept in a session: each statement has a transaction of
 * its own in which the tenant is named, sent with it in one go, and none is prepared.
 */
export class TransactionConnection extends SharedConnection {
  private readonly beginnings = new Map<string, string>();

  private constructor(
    client: PrimaryClient,
    private readonly transactions: TransactionSettings,
  ) {
    super(client);
  }

  /** Opens connections whose transactions are such. */
  static opener(transactions: TransactionSettings) {
    return (config: PrimaryClientConfig, onEnd: (connection: SharedConnection) => void): Promise<SharedConnection> =>
      SharedConnection.open(config, onEnd, (client) => new TransactionConnection(client, transactions));
  }

  /** Each transaction names its tenant by itself. */
  override bindTo(tenantId: string): Promise<void> {
    this.tenantId = tenantId;
    return Promise.resolve();
  }

  override async query<Row extends object>(query: pg.QueryConfig): Promise<Row[]> {
    const tenantId = this.tenantId!;
    this.gatherWrites();
    const asked = [this.begin(tenantId), this.client.query<Row>(unprepared(query)), this.client.query(COMMIT)] as const;
    const [begun, answered, committed] = await Promise.allSettled(asked);
    this.movedAt = performance.now();
    // The transaction ends with all that is asked, or nobody knows what this connection is in.
    if (
      [begun, answered, committed].some((one) => one.status === 'rejected' && !(one.reason instanceof pg.DatabaseError))
    )
      this.cut();
    if (begun.status === 'rejected') {
      this.cut();
      throw begun.reason;
    }
    if (answered.status === 'rejected') throw answered.reason;
    if (committed.status === 'rejected') throw committed.reason;
    if (committed.value.command !== COMMIT) throw new Error('the transaction was rolled back in place of a commit');
    return answered.value.rows;
  }

  override reserve(giveBack: () => void): ReservedConnection {
    const tenantId = this.tenantId!;
    return {
      ...super.reserve(giveBack),
      begin: () => this.begin(tenantId),
      query: <Row extends object>(query: pg.QueryConfig) => {
        this.gatherWrites();
        return this.client.query<Row>(unprepared(query));
      },
    };
  }

  protected override refreshPlans(): void {
    // No plan outlives its transaction.
  }

  /** @throws where the server did not say that it shows this tenant's rows. */
  private async begin(tenantId: string): Promise<void> {
    let text = this.beginnings.get(tenantId);
    if (text === undefined) this.beginnings.set(tenantId, (text = beginningFor(tenantId, this.transactions)));
    const results = (await this.client.query(text)) as unknown as pg.QueryResult<{ tenant: string }>[];
    if (results[1]?.rows[0]?.tenant !== tenantId) {
      this.cut();
      throw new NotBound();
    }
  }
}

/** A pooler may have the next one run in another session, where nothing of that name was prepared. */
function unprepared({ name: _name, ...query }: pg.QueryConfig): pg.QueryConfig {
  return query;
}
