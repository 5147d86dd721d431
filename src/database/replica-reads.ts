import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../config/provided.js';
import { Metrics } from '../observability/metrics.js';
import { traced } from '../observability/tracing.js';
import { Databases } from './databases.js';
import { Replica } from './replica.js';
import { judgeReplica, type NoReplica, type PrimaryPosition } from './replica.policy.js';
import { readPrimaryPosition, readReplicaStanding } from './replica-position.store.js';
import type { ReplicaUse } from './replica-uses.js';
import type { ReservedConnection } from './shared-connection.js';
import { Scarcity } from './scarcity.js';
import { SharedConnections } from './shared-connections.js';
import { bind, type Statement, type Values } from './sql.js';
import type { TenantDatabase, TenantHandle } from './tenant-database.js';
import { type Lane, TenantConnections } from './tenant-connections.js';
import { optionsForReading, optionsForReadingInTurn } from './tenant-lanes.js';

/** What is configured of a read replica. */
export interface ReplicaSettings {
  /** With the login that serves. */
  readonly url: string;
  readonly maxLagSeconds: number;
  /** Most connections for each tenant, or for all together. */
  readonly connections: number;
  /** Whether all tenants have the same ones. */
  readonly areShared: boolean;
}

/** So long a connection to it is waited for, and then as long until it has come to where the primary was. */
const PATIENCE_MS = 250;
const LOOK_AGAIN_MS = 4;
const IDLE_MS = 30_000;

/** A statement was to be asked of a replica that is not meant for it: a fault of ours. */
export class NotForReplica extends Error {
  override readonly name = 'NotForReplica';
}

/** Why the primary is asked in place of the replica. */
type Fallback = NoReplica | 'late' | 'busy' | 'failed' | 'not_settled';

class Leave extends Error {
  constructor(readonly why: Fallback) {
    super(why);
  }
}

/**
 * Reads that a replica may answer in place of the primary. The primary says first where it is, and the replica is asked once
 * it has come there: what was acknowledged before a request is in its answer. Whatever does not go well there, and whatever
 * would be refused, is the primary's to answer.
 */
@Injectable()
export class ReplicaReads implements OnModuleInit, OnApplicationShutdown {
  private readonly replica: Replica | null = null;
  private readonly byTenant = new Map<string, SharedConnections>();
  private shared: TenantConnections | null = null;
  /** Who has connections of their own: those who were counted at the start. */
  private readonly own: ReadonlySet<string>;

  constructor(
    databases: Databases,
    private readonly metrics: Metrics,
    @Inject(PROVIDED.replica) private readonly settings: ReplicaSettings | null,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.own = new Set(settings?.areShared === false ? databases.allKept().map(({ tenantId }) => tenantId) : []);
    if (settings)
      this.replica = new Replica({
        url: settings.url,
        maxLagSeconds: settings.maxLagSeconds,
        position: () => readPrimaryPosition(databases.allKept()[0]!),
        tell: (why) => this.tell(why),
      });
  }

  onModuleInit(): void {
    const { replica } = this;
    const of = (value: (replica: Replica) => number) => () =>
      Promise.resolve(replica ? [{ labels: {}, value: value(replica) }] : []);
    this.metrics.measure(
      {
        name: 'countersign_replica_lag_seconds',
        help: 'For how long the read replica has been behind the primary.',
        labelNames: [],
      },
      of(({ lagSeconds }) => lagSeconds),
    );
    this.metrics.measure(
      { name: 'countersign_replica_unused', help: '1 while the read replica is not asked.', labelNames: [] },
      of(({ why }) => (why === null ? 0 : 1)),
    );
    replica?.start();
  }

  /** Whether one is configured and is asked just now. */
  get isAsked(): boolean {
    return this.replica?.why === null;
  }

  /**
   * Asks the replica, or the primary where that is better.
   * @param atReplica reads in one transaction of one moment; null where the primary is to be asked after all
   */
  async read<Result>(
    db: TenantDatabase,
    use: ReplicaUse,
    atReplica: (handle: TenantHandle) => Promise<Result | null>,
    atPrimary: () => Promise<Result>,
  ): Promise<Result> {
    const { replica } = this;
    if (!replica) return atPrimary();
    const count = (outcome: 'replica' | Fallback): void => this.metrics.replicaReads.inc({ use, outcome });
    if (replica.why !== null) {
      count(replica.why);
      return atPrimary();
    }
    // Without a primary nothing is answered, and nobody waits for it twice.
    const wanted = await readPrimaryPosition(db);
    try {
      const result = await this.ask(replica, db.tenantId, wanted, atReplica);
      if (result === null) throw new Leave('not_settled');
      count('replica');
      return result;
    } catch (error) {
      if (error instanceof NotForReplica) throw error;
      count(error instanceof Leave ? error.why : 'failed');
    }
    return atPrimary();
  }

  private async ask<Result>(
    replica: Replica,
    tenantId: string,
    wanted: PrimaryPosition,
    work: (handle: TenantHandle) => Promise<Result | null>,
  ): Promise<Result | null> {
    const connection = await this.reserve(replica, tenantId);
    let isBroken = true;
    try {
      await caughtUp(connection, wanted);
      await connection.query({ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' });
      const result = await work(handleOn(connection, tenantId));
      await connection.query({ text: 'COMMIT' });
      isBroken = false;
      return result;
    } catch (error) {
      isBroken = !(error instanceof Leave);
      throw error;
    } finally {
      connection.release(isBroken);
    }
  }

  private async reserve(replica: Replica, tenantId: string): Promise<ReservedConnection> {
    const reserving = this.connectionsOf(tenantId, replica).reserve();
    let timer: NodeJS.Timeout | undefined;
    const impatience = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        // Whoever comes too late has nobody who waits.
        reserving.then(
          (late) => late.release(false),
          () => undefined,
        );
        reject(new Leave('busy'));
      }, PATIENCE_MS);
    });
    return Promise.race([reserving, impatience]).finally(() => clearTimeout(timer));
  }

  private connectionsOf(tenantId: string, replica: Replica): Pick<Lane, 'reserve'> {
    const most = this.settings!.connections;
    if (!this.own.has(tenantId)) {
      this.shared ??= new TenantConnections({
        connection: { ...replica.connection, ...optionsForReadingInTurn() },
        most,
        idleMs: IDLE_MS,
        scarcity: new Scarcity(),
      });
      return this.shared.of(tenantId);
    }
    let connections = this.byTenant.get(tenantId);
    if (!connections) {
      connections = new SharedConnections({
        connection: { ...replica.connection, ...optionsForReading(tenantId) },
        most,
        deep: 1,
        idleMs: IDLE_MS,
      });
      this.byTenant.set(tenantId, connections);
    }
    return connections;
  }

  private tell(why: NoReplica | null): void {
    if (why === null) this.logger.info('the read replica is asked from now on');
    else this.logger.warn({ because: why }, 'the read replica is not asked: the primary answers in its place');
  }

  async onApplicationShutdown(): Promise<void> {
    this.replica?.close();
    await this.shared?.close();
    await Promise.all([...this.byTenant.values()].map((connections) => connections.close()));
  }
}

function handleOn(connection: ReservedConnection, tenantId: string): TenantHandle {
  return {
    tenantId,
    query: <Row extends object>(what: Statement, values: Values, more?: Values) => {
      if (!what.isForReplica) throw new NotForReplica(`${what.name} is not asked of a replica`);
      return traced(
        'statement',
        what.name,
        tenantId,
        async () => (await connection.query<Row>(bind(what, values, more))).rows,
      );
    },
  };
}

/** Waits a moment for the server behind this very connection to have all that the primary had. @throws Leave */
async function caughtUp(connection: ReservedConnection, wanted: PrimaryPosition): Promise<void> {
  const handle = {
    query: async <Row extends object>(what: Statement, values: Values) =>
      (await connection.query<Row>(bind(what, values))).rows,
  };
  for (const deadline = performance.now() + PATIENCE_MS; ;) {
    const why = judgeReplica(wanted, await readReplicaStanding(handle));
    if (why === null) return;
    if (why !== 'behind') throw new Leave(why);
    if (performance.now() > deadline) throw new Leave('late');
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
