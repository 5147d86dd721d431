import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { EventTail } from '../events/event-tail.js';
import { toTypeId } from '../ids/ids.js';
import { PolicyService } from '../policy/policy.service.js';
import { type Looker, lookupOf, Lookups } from './lookups.service.js';
import { readSummary, type SummaryRow } from './summary.store.js';

/** What an agent must see before dialling; never a number, a name or a text of the customer's. */
export interface CustomerSummary {
  readonly customerId: string;
  readonly known: boolean;
  readonly devices: { readonly count: number; readonly trusted: number; readonly newestEnrolledAt: string | null };
  readonly locked: boolean;
  readonly lockedAt: string | null;
  readonly signals: { readonly hold: boolean; readonly reasons: readonly { type: string; at: string }[] };
  readonly liveCalls: readonly {
    id: string;
    reference: string;
    direction: string;
    agent: { id: string; name: string; department: string | null };
    startedAt: string;
    relaySuspectedAt: string | null;
  }[];
  readonly heldChanges: readonly {
    id: string;
    reference: string;
    subject: string;
    requestedAt: string;
    expiresAt: string;
  }[];
  readonly openCallbacks: readonly {
    id: string;
    reference: string;
    status: string;
    dueAt: string;
    agentName: string | null;
  }[];
  readonly lastVerifiedContact: { verificationId: string; kind: string; at: string } | null;
}

@Injectable()
export class SummaryService {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly lookups: Lookups,
  ) {}

  /**
   * What is under way with a customer. That somebody read it is in the log, also of a customer whom the bank does not have.
   * @throws Refusal 429 where an agent has looked at too many with whom they have nothing to do.
   */
  async read(looker: Looker, customerId: string): Promise<CustomerSummary> {
    const { tenantId, subject } = looker;
    const lookup = lookupOf(looker, customerId);
    const { policy } = await this.policies.current(tenantId);
    const row = await readSummary(this.databases.of(tenantId), {
      customerId,
      author: subject,
      agentId: lookup?.agentId ?? null,
      team: lookup?.team ?? null,
      mostLookups: this.lookups.most(tenantId),
      deviceAgeSeconds: policy.device.ageSeconds,
      windowSeconds: policy.signals.windowSeconds,
    });
    this.lookups.requireLeave(looker, row);
    this.tail.wake(tenantId);
    return describe(customerId, row);
  }
}

function describe(customerId: string, row: SummaryRow): CustomerSummary {
  const { devices, verified } = row;
  return {
    customerId,
    known: row.known,
    devices: { count: devices.count, trusted: devices.trusted, newestEnrolledAt: timeOrNull(devices.newest) },
    locked: row.locked_at !== null,
    lockedAt: row.locked_at?.toISOString() ?? null,
    signals: { hold: row.signals.length > 0, reasons: row.signals.map(({ type, at }) => ({ type, at: time(at) })) },
    liveCalls: row.calls.map((call) => ({
      id: toTypeId('call', call.id),
      reference: call.reference,
      direction: call.direction,
      agent: { id: call.agent_id, name: call.agent_name, department: call.agent_department },
      startedAt: time(call.started_at),
      relaySuspectedAt: timeOrNull(call.relay_suspected_at),
    })),
    heldChanges: row.changes.map((change) => ({
      id: toTypeId('chg', change.id),
      reference: change.reference,
      subject: change.subject,
      requestedAt: time(change.requested_at),
      expiresAt: time(change.expires_at),
    })),
    openCallbacks: row.callbacks.map((callback) => ({
      id: toTypeId('cbk', callback.id),
      reference: callback.reference,
      status: callback.status,
      dueAt: time(callback.due_at),
      agentName: callback.claimed_by_name,
    })),
    lastVerifiedContact: verified && {
      verificationId: toTypeId('ver', verified.id),
      kind: verified.kind,
      at: time(verified.at),
    },
  };
}

/** A time as the database's JSON has it, in the one form in which times leave. */
function time(text: string): string {
  return new Date(text).toISOString();
}

function timeOrNull(text: string | null): string | null {
  return text === null ? null : time(text);
}
