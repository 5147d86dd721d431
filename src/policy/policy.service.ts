import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Refusal } from '../refusals/refusal.js';
import { completePolicy, DEFAULT_POLICY, type Policy, type PolicyDocument } from './policy.js';
import { checkPolicy } from './policy-check.js';
import { differencesOf, type PolicyDifference } from './policy-difference.policy.js';
import { listPolicyVersions, readCurrentPolicy, replacePolicy } from './policy.store.js';

export interface PolicyVersion {
  /** 0 while the tenant has set no policy and the defaults hold. */
  readonly version: number;
  readonly policy: Policy;
  readonly changedAt: Date | null;
}

/** A version of the policy, and what it changed. */
export interface PastPolicy {
  readonly version: number;
  readonly changedAt: string;
  readonly changedBy: string;
  /** Against the version before it, by the defaults that hold today. */
  readonly changes: readonly PolicyDifference[];
}

/** How long another process may go on with the version before; short, because a tightened policy should bite. */
const FRESH_MS = 1_000;

@Injectable()
export class PolicyService {
  private readonly known = new Map<string, { value: PolicyVersion; readAt: number }>();
  private readonly reading = new Map<string, Promise<PolicyVersion>>();

  constructor(private readonly databases: Databases) {}

  /** The policy in force, at most a second old. */
  async current(tenantId: string): Promise<PolicyVersion> {
    const known = this.known.get(tenantId);
    if (known && performance.now() - known.readAt < FRESH_MS) return known.value;
    const underWay = this.reading.get(tenantId);
    if (underWay) return underWay;
    const reading = this.read(tenantId).finally(() => {
      if (this.reading.get(tenantId) === reading) this.reading.delete(tenantId);
    });
    this.reading.set(tenantId, reading);
    return reading;
  }

  private async read(tenantId: string): Promise<PolicyVersion> {
    const readAt = performance.now();
    const row = await readCurrentPolicy(this.databases.of(tenantId));
    const value = row
      ? { version: row.version, policy: completePolicy(row.document), changedAt: row.created_at }
      : { version: 0, policy: DEFAULT_POLICY, changedAt: null };
    this.known.set(tenantId, { value, readAt });
    return value;
  }

  /** The policy last read, or the defaults: for words of advice while the store cannot be read. */
  lastKnown(tenantId: string): Policy {
    return this.known.get(tenantId)?.value.policy ?? DEFAULT_POLICY;
  }

  /**
   * Replaces the policy where `version` is still the newest.
   * @throws Refusal 400 for values that do not fit together, 412 where somebody else was first.
   */
  async replace(tenantId: string, version: number, document: PolicyDocument, author: string): Promise<PolicyVersion> {
    const errors = checkPolicy(document);
    if (errors.length > 0) throw new Refusal('invalid-request', { errors });
    const row = await replacePolicy(this.databases.of(tenantId), version, document, author);
    this.known.delete(tenantId);
    this.reading.delete(tenantId);
    if (!row) throw new Refusal('precondition-failed');
    return { version: row.version, policy: completePolicy(row.document), changedAt: row.created_at };
  }

  /** Who changed the policy, when, and what by field: newest first, those before a version. */
  async history(
    tenantId: string,
    before: number | null,
    limit: number,
  ): Promise<{ data: PastPolicy[]; next: string | null }> {
    // One more than the page: what the last of it changed is seen against the one before.
    const rows = await listPolicyVersions(this.databases.of(tenantId), { before, most: limit + 1 });
    const data = rows.slice(0, limit).map((row, at) => ({
      version: row.version,
      changedAt: row.created_at.toISOString(),
      changedBy: row.created_by,
      changes: differencesOf(completePolicy(rows[at + 1]?.document ?? {}), completePolicy(row.document)),
    }));
    return { data, next: rows.length > limit ? String(data.at(-1)!.version) : null };
  }

  /** A version as it holds with today's defaults; 0 is the defaults alone. @throws Refusal 404 for one that there never was. */
  async version(tenantId: string, version: number): Promise<PolicyVersion & { readonly changedBy: string | null }> {
    if (version === 0) return { version, policy: DEFAULT_POLICY, changedAt: null, changedBy: null };
    const [row] = await listPolicyVersions(this.databases.of(tenantId), { before: version + 1, most: 1 });
    if (row?.version !== version) throw new Refusal('not-found');
    return {
      version,
      policy: completePolicy(row.document),
      changedAt: row.created_at,
      changedBy: row.created_by,
    };
  }
}
