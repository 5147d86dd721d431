import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CallbackOutcomesService } from '../callbacks/callback-outcomes.service.js';
import { Databases } from '../database/databases.js';
import { Refusal } from '../refusals/refusal.js';
import type { RequestDatabase, TenantHandle } from '../database/tenant-database.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { nextStep } from './change.policy.js';
import {
  closeChange,
  disputeReleasedChange,
  listDueChanges,
  listHeldChanges,
  lockChange,
  readSettlements,
  type SettlementRow,
} from './change-settlement.store.js';
import { approveChange } from './changes.store.js';
import { factsOf, isDue } from './change.view.js';
import { noticeWords } from './notice-words.js';

const PAGE = 200;

/**
 * Takes the steps that a change's state asks for. The decision is pure and taken on a locked row, so that whoever looks
 * first takes it, once: a reader, the sweeper of any node, or the next start after a crash.
 */
@Injectable()
export class ChangeSettlementService implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly callbacks: CallbackOutcomesService,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.lapse('change', (tenantId) => this.sweep(tenantId));
  }

  /** Changes as they stand after any step that is due, newest first. */
  async read(db: RequestDatabase, ids: readonly string[]): Promise<SettlementRow[]> {
    const rows = await readSettlements(db, ids);
    const due = rows.filter(isDue).map((row) => row.id);
    if (due.length === 0) return rows;
    await Promise.all(due.map((id) => this.settle(db, id)));
    return readSettlements(db, ids);
  }

  /** Settles everything that is due; returns how many changes took a step. */
  private async sweep(tenantId: string): Promise<number> {
    const db = this.databases.of(tenantId);
    let settled = 0;
    let after: string | null = null;
    for (;;) {
      const ids: string[] = await listDueChanges(db, after, PAGE);
      for (const id of ids) if (await this.settle(db, id)) settled += 1;
      if (ids.length < PAGE) return settled;
      after = ids.at(-1)!;
    }
  }

  /** Locks a change and reads it; null where it is not held. */
  async lockHeld(tx: TenantHandle, id: string): Promise<SettlementRow | null> {
    await lockChange(tx, id);
    const [row] = await readSettlements(tx, [id]);
    return row?.status === 'held' && !isDue(row) ? row : null;
  }

  /** @throws Refusal 409 where it is not held, 422 where the agent asked for it or made its callback. */
  async approve(db: RequestDatabase, id: string, agentId: string): Promise<void> {
    await db.transaction(async (tx) => {
      const row = await this.lockHeld(tx, id);
      if (!row || row.approved_by)
        throw new Refusal('change-closed', { detail: 'The change is not held, or it is approved already.' });
      const calls = await this.callbacks.ofChange(tx, id);
      const rang = calls.some(
        (call) =>
          (call.status === 'verified' && call.closed_by === agentId) || (call.claimed && call.claimed_by === agentId),
      );
      if (row.asked_by === agentId || rang) throw new Refusal('same-agent');
      if (!(await approveChange(tx, id, agentId))) throw new Refusal('change-closed');
      await this.callbacks.exclude(tx, id, agentId);
    });
  }

  /** @throws Refusal 409 where it is not held any more. */
  async withdraw(db: RequestDatabase, id: string, author: string): Promise<void> {
    await db.transaction(async (tx) => {
      const row = await this.lockHeld(tx, id);
      if (!row) throw new Refusal('change-closed');
      await this.close(tx, row, 'withdrawn', null, author);
    });
  }

  /**
   * A dispute always wins: during the hold it refuses, and after release it marks the change, within 13 months.
   * @throws Refusal 409 where the change is closed otherwise.
   */
  async dispute(db: RequestDatabase, id: string): Promise<void> {
    await db.transaction(async (tx) => {
      await lockChange(tx, id);
      const [row] = await readSettlements(tx, [id]);
      if (row?.status === 'held') return this.close(tx, row, 'refused', 'disputed', null);
      if (!(await disputeReleasedChange(tx, id))) throw new Refusal('change-closed');
    });
  }

  /** Locks every held change of a customer, in the order in which others lock them. */
  async lockHeldOf(tx: TenantHandle, customerId: string): Promise<string[]> {
    const ids = await listHeldChanges(tx, customerId);
    for (const id of ids) await lockChange(tx, id);
    return ids;
  }

  /** Refuses changes that are locked, because the customer reported fraud: like a dispute, it wins over a release that is due. */
  async refuseReported(tx: TenantHandle, ids: readonly string[]): Promise<void> {
    for (const row of ids.length === 0 ? [] : await readSettlements(tx, ids))
      if (row.status === 'held') await this.close(tx, row, 'refused', 'reported', null);
  }

  private settle(db: RequestDatabase, id: string): Promise<boolean> {
    return db.transaction(async (tx) => {
      await lockChange(tx, id);
      const [row] = await readSettlements(tx, [id]);
      const decision = row ? nextStep(factsOf(row)) : { step: null };
      if (!row || decision.step === null) return false;
      if (decision.step === 'refuse') await this.close(tx, row, 'refused', decision.because, null);
      else await this.close(tx, row, decision.step === 'release' ? 'released' : 'expired', null, null);
      return true;
    });
  }

  private async close(
    tx: TenantHandle,
    row: SettlementRow,
    status: 'released' | 'refused' | 'withdrawn' | 'expired',
    because: string | null,
    author: string | null,
  ): Promise<void> {
    const closed = await closeChange(tx, {
      id: row.id,
      status,
      because,
      author,
      tell: noticeWords(status, row.subject, row.reference),
    });
    if (closed) await this.callbacks.callOff(tx, row.id);
  }
}
