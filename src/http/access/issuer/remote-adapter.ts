import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';
import { memoryAdapter } from './memory-adapter.js';

type Method = Exclude<keyof Adapter, symbol>;

/** One call to an issuer's storage, as it goes from the process that serves a request to the one that keeps sign-ins. */
export interface StorageCall {
  readonly model: string;
  readonly method: Method;
  readonly values: readonly unknown[];
}

const METHODS: readonly Method[] = [
  'upsert',
  'find',
  'findByUid',
  'findByUserCode',
  'consume',
  'destroy',
  'revokeByGrantId',
];

/** Returns storage that another process keeps: the steps of one sign-in may come to different processes. */
export function remoteAdapter(call: (what: StorageCall) => Promise<unknown>): AdapterFactory {
  return (model) =>
    Object.fromEntries(
      METHODS.map((method) => [method, (...values: unknown[]) => call({ model, method, values })]),
    ) as unknown as Adapter;
}

/** Keeps the sign-ins of each tenant's issuer for processes that serve them. */
export class KeptSignIns {
  private readonly adapters = new Map<string, ReturnType<typeof memoryAdapter>>();

  constructor(tenants: readonly string[]) {
    for (const tenant of tenants) this.adapters.set(tenant, memoryAdapter());
  }

  /** Carries out what a `remoteAdapter` was asked. */
  async answer({
    tenant,
    model,
    method,
    values,
  }: StorageCall & { readonly tenant: string }): Promise<AdapterPayload | undefined | void> {
    const adapter = this.adapters.get(tenant);
    if (!adapter || !METHODS.includes(method)) throw new Error('no such storage');
    const kept = adapter(model) as unknown as Record<
      Method,
      (...all: readonly unknown[]) => Promise<AdapterPayload | undefined | void>
    >;
    return kept[method](...values);
  }
}
