import { Injectable } from '@nestjs/common';
import { currentProof, matchProof, type OfflineSecrets } from '../crypto/offline-proof.js';
import { type CustomerKey, CustomerKeys, openFor } from '../customers/customer-keys.js';
import { isNewDevice } from '../customers/device-age.policy.js';
import { OFFLINE_SECRETS } from '../customers/devices.service.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { toTypeId } from '../ids/ids.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { PolicyService } from '../policy/policy.service.js';
import { readDigitCode } from '../readers/code.js';
import type { Actor } from './call-owner.policy.js';
import { CallsService } from './calls.service.js';
import type { CallRow } from './declared.js';
import {
  acceptCustomerProof,
  failCustomerProof,
  type OfflineContextRow,
  readOfflineContext,
  takeBankProof,
} from './offline-proofs.store.js';

const STEP_SECONDS = 30;
const DIGITS = 6;
const MOST_ROUNDS = 12;

export interface OfflineProof {
  /** What the agent reads out; the app shows the same without a connection. */
  readonly bankProof?: string;
  /** True where the customer's code was right. */
  readonly customerProved?: boolean;
  readonly deviceId: string;
  readonly findings?: readonly string[];
}

/** Proof by time-based codes where the customer's phone has no data connection (RFC 6238). */
@Injectable()
export class OfflineProofsService {
  constructor(
    private readonly databases: Databases,
    private readonly calls: CallsService,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
  ) {}

  /**
   * The bank's code for a live call. A time step serves one call: whoever holds the customer on another line gets none.
   * @throws Refusal 404, 403 for another agent's call, 409 where the call is over or a relay is suspected, 422 without such a device, 429 within a step.
   */
  async giveBankProof(caller: Requester & Actor, callId: string): Promise<OfflineProof> {
    const db = this.databases.of(caller);
    const author = caller.subject;
    const call = await this.liveCall(db, caller, callId);
    const [newest] = await this.devices(db, call);
    const { row, secrets } = newest!;
    const step = Math.floor(row.now.getTime() / 1000 / STEP_SECONDS);
    const deviceId = toTypeId('dev', row.device_id!);
    const outcome = await takeBankProof(db, {
      callId: call.id,
      agentId: call.agent_id,
      deviceId: row.device_id!,
      device: deviceId,
      step,
      author,
    });
    if (!outcome.call_live) {
      await this.liveCall(db, caller, callId);
      throw new Refusal('conflict');
    }
    if (!outcome.taken) throw new Refusal('too-many-requests', { retryAfterSeconds: STEP_SECONDS });
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return { bankProof: currentProof(secrets.bankProof, row.now), deviceId };
  }

  /**
   * Checks the customer's code, on calls the customer placed only (domain rule 1).
   * @throws Refusal 400 for what is not six digits, which counts for nothing; 422 `wrong-direction` or `offline-proof-mismatch`, 423 where the customer is or gets locked.
   */
  async checkCustomerProof(caller: Requester & Actor, callId: string, typed: string): Promise<OfflineProof> {
    const db = this.databases.of(caller);
    const author = caller.subject;
    const call = await this.liveCall(db, caller, callId);
    if (call.direction !== 'inbound') throw new Refusal('wrong-direction');
    const code = readDigitCode(typed, DIGITS);
    if (code === null) throw invalidField('#/customerProof', 'must be six digits');
    const { policy } = await this.policies.current(db.tenantId);
    try {
      for (let round = 0; round < MOST_ROUNDS; round += 1) {
        const devices = await this.devices(db, call);
        const { now, code_failures: failuresSeen, locked_at } = devices[0]!.row;
        if (locked_at) throw new Refusal('locked', { attemptsLeft: 0 });
        const match = findMatch(devices, code, now);
        if (match) {
          const findings = isNewDevice(match.row.enrolled_at!, policy.device.ageSeconds, now) ? ['new_device'] : [];
          const deviceId = toTypeId('dev', match.row.device_id!);
          if (
            await acceptCustomerProof(db, {
              callId: call.id,
              agentId: call.agent_id,
              deviceId: match.row.device_id!,
              device: deviceId,
              step: match.step,
              author,
              customerId: call.customer_id,
              failuresSeen,
              findings,
            })
          ) {
            return { customerProved: true, deviceId, findings };
          }
        } else {
          const counted = await failCustomerProof(db, {
            callId: call.id,
            customerId: call.customer_id,
            failuresSeen,
            cap: policy.attempts.codeFailures,
          });
          if (counted?.locked) throw new Refusal('locked', { attemptsLeft: 0 });
          if (counted)
            throw new Refusal('offline-proof-mismatch', {
              attemptsLeft: policy.attempts.codeFailures - counted.code_failures,
            });
        }
        await this.liveCall(db, caller, callId);
      }
      throw new Refusal('conflict');
    } finally {
      db.afterCommit(() => this.tail.wake(db.tenantId));
    }
  }

  private async liveCall(db: TenantHandle, caller: Actor, callId: string): Promise<CallRow> {
    const call = await this.calls.findOwn(db, caller, callId);
    if (call.relay_suspected_at) throw new Refusal('relay-suspected');
    return call;
  }

  private async devices(
    db: TenantHandle,
    call: CallRow,
  ): Promise<{ row: OfflineContextRow; secrets: OfflineSecrets }[]> {
    const rows = (await readOfflineContext(db, call.customer_id)).filter((row) => row.offline_sealed !== null);
    if (rows.length === 0)
      throw new Refusal('no-device', { detail: 'No enrolled device of this customer has offline secrets.' });
    return rows.map((row) => ({
      row,
      secrets: openSecrets(this.keys.unwrap(db.tenantId, call.customer_id, row), row),
    }));
  }
}

function openSecrets(key: CustomerKey, row: OfflineContextRow): OfflineSecrets {
  return JSON.parse(openFor(key, row.key_id, OFFLINE_SECRETS, row.offline_sealed!)!) as OfflineSecrets;
}

function findMatch(
  devices: readonly { row: OfflineContextRow; secrets: OfflineSecrets }[],
  code: string,
  now: Date,
): { row: OfflineContextRow; step: number } | null {
  for (const { row, secrets } of devices) {
    const step = matchProof(
      secrets.customerProof,
      code,
      now,
      row.customer_proof_step === null ? null : Number(row.customer_proof_step),
    );
    if (step !== null) return { row, step };
  }
  return null;
}
