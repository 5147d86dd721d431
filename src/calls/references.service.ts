import { Injectable } from '@nestjs/common';
import { Databases } from '../platform/databases.js';
import { Problem } from '../platform/problem.js';
import { parseReference } from '../platform/reference.js';
import { type CallRow, findCallByReference } from './calls.store.js';

export interface ReferenceSummary {
  readonly kind: 'call';
  /** Whether the bank stands behind it: only what the bank itself began, and only while nothing speaks against it. */
  readonly genuine: boolean;
  readonly at: string;
  readonly state: 'live' | 'ended';
  readonly summary: string;
}

@Injectable()
export class ReferencesService {
  constructor(private readonly databases: Databases) {}

  /** @throws Problem 404 for what is no reference, or none of this tenant's. */
  async find(tenantId: string, text: string): Promise<ReferenceSummary> {
    const parsed = parseReference(text);
    const call = parsed?.kind === 'call' ? await findCallByReference(this.databases.of(tenantId), parsed.reference) : null;
    if (!call) throw new Problem('not-found');
    return { kind: 'call', genuine: call.direction === 'outbound' && call.relay_suspected_at === null, at: call.started_at.toISOString(), state: call.live ? 'live' : 'ended', summary: summarise(call) };
  }
}

function summarise(call: CallRow): string {
  if (call.relay_suspected_at) return 'Do not trust this call. Hang up, and ring the number on your card.';
  if (call.direction === 'inbound') return 'This stands for a call that somebody placed to the bank. The bank did not call you: if somebody called you and gave this reference, hang up.';
  return call.live
    ? 'The bank placed this call, and it is going on now.'
    : 'The bank placed this call, and it has ended. If somebody is still talking to you, hang up and ring the number on your card.';
}
