import { isDeepStrictEqual } from 'node:util';
import type { KnownTenant } from './known-tenants.js';
import type { TenantLimits } from './tenant-limits.js';
import type { TenantValues } from './tenant-values.js';

/**
 * All tenants that this process knows, as they are now: the one list of them. Whoever does something for each asks it, or is told of
 * changes; whoever serves a request asks whether its tenant is served.
 */
export class TenantRegistry {
  private byId: ReadonlyMap<string, KnownTenant> = new Map();
  private limits: ReadonlyMap<string, TenantLimits> = new Map();
  private readonly listeners = new Set<(changed: ReadonlySet<string>) => void>();
  /** By `performance.now()`; for ever where nobody looks. */
  private knownUntil = Infinity;
  /** Told where something is asked and it is not known whether it still holds. */
  onUnsure: () => void = () => undefined;

  constructor(tenants: readonly KnownTenant[]) {
    this.replace(tenants);
  }

  /** Those that are suspended among them. */
  all(): readonly KnownTenant[] {
    return [...this.byId.values()];
  }

  active(): readonly KnownTenant[] {
    return this.all().filter(({ status }) => status === 'active');
  }

  get(id: string): KnownTenant | undefined {
    return this.byId.get(id);
  }

  /** How much it may do in a second; undefined where nothing limits it. */
  limitsOf(id: string): TenantLimits | undefined {
    return this.limits.get(id);
  }

  /** Whether its requests are served, and its work done; not for one that nobody knows. */
  isActive(id: string): boolean {
    return this.byId.get(id)?.status === 'active';
  }

  /** Whether somebody has looked lately; nothing of a tenant may be done where not, as it may be suspended by now. */
  get isSure(): boolean {
    if (performance.now() < this.knownUntil) return true;
    this.onUnsure();
    return false;
  }

  /** Somebody looked, at that time by `performance.now()`, and what they found holds for so long. */
  lookedAt(at: number, goodForMs: number): void {
    this.knownUntil = at + goodForMs;
  }

  /** Something that follows from what is said of a tenant, made once for as long as that is so. */
  values<Value>(make: (tenant: KnownTenant) => Value): TenantValues<Value> {
    const made = new WeakMap<KnownTenant, { readonly value: Value }>();
    return {
      has: (id) => this.byId.has(id),
      get: (id) => {
        const tenant = this.byId.get(id);
        if (!tenant) return undefined;
        const known = made.get(tenant) ?? { value: make(tenant) };
        made.set(tenant, known);
        return known.value;
      },
    };
  }

  /** Calls `listener` after each change, with the ids of those that are other than they were. */
  onChange(listener: (changed: ReadonlySet<string>) => void): void {
    this.listeners.add(listener);
  }

  /**
   * Takes over what is known now, and returns of whom something else is. One of which nothing else is said stays the same object; of its
   * limits alone nobody is told, since nothing has to be begun anew for them.
   */
  replace(tenants: readonly KnownTenant[]): ReadonlySet<string> {
    const [before, limitsBefore] = [this.byId, this.limits];
    const changed = new Set<string>();
    this.limits = new Map(tenants.flatMap(({ id, limits }) => (limits ? [[id, limits]] : [])));
    this.byId = new Map(
      tenants.map(({ limits: _limits, ...tenant }) => {
        const known = before.get(tenant.id);
        if (known && isDeepStrictEqual(known, tenant)) return [tenant.id, known];
        changed.add(tenant.id);
        return [tenant.id, tenant];
      }),
    );
    for (const id of before.keys()) if (!this.byId.has(id)) changed.add(id);
    if (changed.size > 0) for (const listener of this.listeners) listener(changed);
    const limited = tenants.filter(({ id, limits }) => !isDeepStrictEqual(limits, limitsBefore.get(id)));
    return new Set([...changed, ...limited.map(({ id }) => id)]);
  }
}
