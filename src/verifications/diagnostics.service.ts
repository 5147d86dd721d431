import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { fromTypeId, toTypeId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { type Check, CHECKS, diagnose } from './diagnosis.policy.js';
import { findDiagnosis } from './diagnostics.store.js';

export interface Diagnosis {
  readonly traceId: string;
  readonly problem: 'answer-not-accepted';
  readonly verificationId: string;
  readonly check: Check;
  readonly explanation: string;
  readonly at: string;
  readonly expiresAt: string;
}

@Injectable()
export class DiagnosticsService {
  constructor(private readonly databases: Databases) {}

  /** Which check an answer failed. @throws Refusal 404 for what is no trace of this tenant, or is not kept any more. */
  async find(tenantId: string, traceId: string): Promise<Diagnosis> {
    const uuid = fromTypeId('trc', traceId);
    const row = uuid === null ? null : await findDiagnosis(this.databases.of(tenantId), uuid);
    if (!row) throw new Refusal('not-found');
    const check = diagnose({
      failed: row.failed,
      namesDevice: row.names_device,
      deviceKnown: row.device_known,
      deviceOfCustomer: row.device_of_customer,
      deviceRevoked: row.device_revoked,
    });
    return {
      traceId,
      problem: 'answer-not-accepted',
      verificationId: toTypeId('ver', row.verification_id),
      check,
      explanation: CHECKS[check],
      at: row.recorded_at.toISOString(),
      expiresAt: row.expires_at.toISOString(),
    };
  }
}
