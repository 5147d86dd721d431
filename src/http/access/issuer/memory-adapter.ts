import { LRUCache } from 'lru-cache';
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider';

const ENTRIES = 2_000;

/**
 * Returns storage for one issuer's sessions, interactions, codes and grants: in this process's memory, bounded, and
 * gone after a restart. Access tokens are JWTs and are not stored at all.
 */
export function memoryAdapter(): AdapterFactory {
  const entries = new LRUCache<string, AdapterPayload>({ max: ENTRIES });
  return (model) => new MemoryAdapter(model, entries);
}

class MemoryAdapter implements Adapter {
  constructor(
    private readonly model: string,
    private readonly entries: LRUCache<string, AdapterPayload>,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds: number): Promise<void> {
    this.entries.set(this.#key(id), payload, expiresInSeconds > 0 ? { ttl: expiresInSeconds * 1000 } : {});
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.entries.get(this.#key(id));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#all().find(([, payload]) => payload.uid === uid)?.[1];
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#all().find(([, payload]) => payload.userCode === userCode)?.[1];
  }

  async consume(id: string): Promise<void> {
    const payload = this.entries.get(this.#key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.entries.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, payload] of this.#all()) if (payload.grantId === grantId) this.entries.delete(key);
  }

  #key(id: string): string {
    return `${this.model}:${id}`;
  }

  #all(): [string, AdapterPayload][] {
    return [...this.entries.entries()].filter(([key]) => key.startsWith(`${this.model}:`));
  }
}
