import pg from 'pg';
import type { ReservedConnection } from './shared-connection.js';
import { type RequestDatabase, type TenantDatabase, type TenantHandle, type WorkHandle } from './tenant-database.js';
import { bind, type Statement, type Values } from './sql.js';
import { traced } from '../observability/tracing.js';
import { withinTimeLimit } from '../upkeep/time-limit.js';
import { TransactionEffects } from './transaction-effects.js';

/** Longer than the server lets a transaction be idle. */
const LONGEST_TURN_MS = 12_000;

const COMMIT = { name: 'work.commit', text: 'COMMIT' };
const ROLLBACK = { name: 'work.rollback', text: 'ROLLBACK' };
const SAVEPOINT = { name: 'work.savepoint', text: 'SAVEPOINT step' };
const ROLLBACK_STEP = { name: 'work.rollbackStep', text: 'ROLLBACK TO SAVEPOINT step' };

/** Whether the server said no and is there still, as against a connection or a server that is gone. */
function isRefusal(error: unknown): boolean {
  return error instanceof pg.DatabaseError && !/^(08|57P)/.test(error.code ?? '');
}

/**
 * All that a request under an Idempotency-Key does, as one transaction with the answer that is kept for the key.
 *
 * The transaction begins with the first statement that writes: what is read before, and who is asked outside, holds
 * nothing. From there on everything runs on its one connection, one after the other, and needs no second one. A
 * statement or an inner transaction that fails is taken back by itself, as it would be without a key, so that a service
 * which foresees the failure can go on.
 */
export class KeyedWork implements RequestDatabase {
  readonly tenantId: string;
  private connection: ReservedConnection | null = null;
  private readonly effects = new TransactionEffects();
  private turn: Promise<unknown> = Promise.resolve();
  private state: 'begun' | 'over' | 'answered_early' = 'begun';
  /** What ended the transaction before its time. */
  private failure: Error | null = null;
  private isCommitUnknown = false;

  /** @param keepEarly keeps what {@link commitWith} is given; @throws where the key is not ours any more. */
  constructor(
    private readonly database: TenantDatabase,
    private readonly keepEarly: (db: TenantHandle, answer: unknown) => Promise<void>,
  ) {
    this.tenantId = database.tenantId;
  }

  /** Whether what was done is committed already, with an answer that the last one may add to. */
  get isAnsweredEarly(): boolean {
    return this.state === 'answered_early';
  }

  /** Whether nothing more is done: it has committed, or was taken back. */
  get hasEnded(): boolean {
    return this.state === 'over';
  }

  /** Whether the connection broke while it committed, so that nobody knows whether it did. */
  get isOutcomeUnknown(): boolean {
    return this.isCommitUnknown;
  }

  query<Row extends object>(what: Statement, values: Values, more?: Values): Promise<Row[]> {
    if (this.isAnsweredEarly || (this.state === 'begun' && !this.connection && !what.writes))
      return this.database.query<Row>(what, values, more);
    return this.transaction((step) => step.query<Row>(what, values, more));
  }

  transaction<Result>(work: (handle: WorkHandle) => Promise<Result>): Promise<Result> {
    if (this.isAnsweredEarly) return this.database.transaction(work);
    return this.inTurn(() => this.step(work));
  }

  afterCommit(effect: () => void): void {
    if (this.isAnsweredEarly) effect();
    else this.effects.afterCommit(effect);
  }

  afterRollback(effect: () => void): void {
    if (!this.isAnsweredEarly) this.effects.afterRollback(effect);
  }

  async outside<Result>(call: () => Promise<Result>): Promise<Result> {
    if (this.connection) throw new Error('somebody outside is asked while a transaction is open');
    return call();
  }

  async commitWith(answer: unknown): Promise<void> {
    await this.end((db) => this.keepEarly(db, answer));
    this.state = 'answered_early';
  }

  /**
   * Runs `last`, and commits it with all that was done. The commit is sent right behind its one statement, and is none
   * if that fails: nothing that may fail can follow it.
   * @throws what `last` throws, once everything is taken back; and where it cannot be committed.
   */
  end(last: (db: TenantHandle) => Promise<void>): Promise<void> {
    if (this.isAnsweredEarly) return last(this.database);
    return this.inTurn(async () => {
      this.requireWhole();
      this.state = 'over';
      try {
        if (this.connection) await this.commit(this.connection, last);
        else await last(this.database);
      } catch (error) {
        this.database.writes.failed(error);
        await this.rollBack();
        this.effects.rollBack();
        throw error;
      }
      this.effects.commit();
    });
  }

  /** Takes back all that was done, and does no more. */
  abandon(): Promise<void> {
    return this.inTurn(async () => {
      this.state = 'over';
      await this.rollBack();
      this.effects.rollBack();
    });
  }

  /** A part that stands or is taken back by itself. */
  private async step<Result>(work: (handle: WorkHandle) => Promise<Result>): Promise<Result> {
    this.requireWhole();
    const isFirst = !this.connection;
    const connection = (this.connection ??= await this.begin());
    const effects = new TransactionEffects();
    // Not waited for: what comes behind a savepoint that could not be made fails too.
    if (!isFirst) connection.query(SAVEPOINT).catch(() => undefined);
    try {
      const result = await work(this.handle(connection, effects));
      this.effects.take(effects);
      return result;
    } catch (error) {
      this.database.writes.failed(error);
      effects.rollBack();
      if (isFirst) await this.rollBack();
      else await this.undoStep(connection, error);
      throw error;
    }
  }

  private async begin(): Promise<ReservedConnection> {
    const connection = await this.database.reserve();
    try {
      await connection.begin();
      return connection;
    } catch (error) {
      connection.release(true);
      throw error;
    }
  }

  private handle(connection: ReservedConnection, effects: TransactionEffects): WorkHandle {
    return {
      tenantId: this.tenantId,
      query: <Row extends object>(what: Statement, values: Values, more?: Values) =>
        traced(
          'statement',
          what.name,
          this.tenantId,
          async () => (await connection.query<Row>(bind(what, values, more))).rows,
        ),
      afterCommit: effects.afterCommit,
      afterRollback: effects.afterRollback,
    };
  }

  private async undoStep(connection: ReservedConnection, error: unknown): Promise<void> {
    try {
      await connection.query(ROLLBACK_STEP);
    } catch {
      this.failure = error as Error;
      await this.rollBack();
    }
  }

  private async commit(connection: ReservedConnection, last: (db: TenantHandle) => Promise<void>): Promise<void> {
    let commit: Promise<pg.QueryResult> | undefined;
    const handle: TenantHandle = {
      tenantId: this.tenantId,
      query: async <Row extends object>(what: Statement, values: Values, more?: Values) => {
        if (commit) throw new Error('only one statement can be the last');
        const answer = connection.query<Row>(bind(what, values, more));
        commit = connection.query(COMMIT);
        commit.catch(() => undefined);
        return (await answer).rows;
      },
    };
    const [said] = await Promise.allSettled([last(handle)]);
    const [done] = await Promise.allSettled([commit]);
    if (commit) {
      const isLost = done.status === 'rejected' && !isRefusal(done.reason);
      this.connection = null;
      connection.release(isLost);
      // Where the server failed the last statement, even as it went, there was nothing left to commit.
      this.isCommitUnknown = isLost && !(said.status === 'rejected' && said.reason instanceof pg.DatabaseError);
    }
    if (said.status === 'rejected') throw said.reason as Error;
    if (done.status === 'rejected') throw done.reason as Error;
    if (done.value?.command !== 'COMMIT') throw new Error('the transaction was rolled back in place of a commit');
  }

  private async rollBack(): Promise<void> {
    const { connection } = this;
    this.connection = null;
    connection?.release(
      await connection.query(ROLLBACK).then(
        () => false,
        () => true,
      ),
    );
  }

  private requireWhole(): void {
    if (this.failure) throw this.failure;
    if (this.state === 'over') throw new Error('the request under this key has ended');
  }

  /** One after the other. Whoever waits longer than a part can take waits for itself, as a part would that asks the whole. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.turn;
    const result = withinTimeLimit(before, LONGEST_TURN_MS).then(work);
    this.turn = before.then(() => result).catch(() => undefined);
    return result;
  }
}
