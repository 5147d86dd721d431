import type { OfflineKeys } from './offline-codes.js';
import type { Passkey } from './passkey.js';

/** What a browser keeps of an enrolled device: keys that cannot be taken out, and what finds them. Nothing else. */
export interface StoredDevice {
  readonly id: string;
  readonly customerId: string;
  readonly signing?: CryptoKeyPair;
  readonly passkey?: Passkey;
  readonly offline?: OfflineKeys;
}

/** Where a browser keeps its devices. */
export interface KeyStore {
  /** The device of a customer; null where there is none, or the browser has evicted it: then enrol again. */
  load(customerId: string): Promise<StoredDevice | null>;
  /** All that this browser holds, whoever they are of: without a connection nobody can say who is signed in. */
  list(): Promise<readonly StoredDevice[]>;
  save(device: StoredDevice): Promise<void>;
  remove(customerId: string): Promise<void>;
}

const STORE = 'devices';

/** The keys in IndexedDB. @throws DOMException where the browser has none, as some do in private windows. */
export async function openKeyStore(name = 'countersign'): Promise<KeyStore> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: 'customerId' });
  const database = await settled(opening);
  const store = (mode: IDBTransactionMode) => database.transaction(STORE, mode).objectStore(STORE);
  return {
    load: async (customerId) =>
      ((await settled(store('readonly').get(customerId))) as StoredDevice | undefined) ?? null,
    list: async () => (await settled(store('readonly').getAll())) as StoredDevice[],
    save: async (device) => void (await settled(store('readwrite').put(device))),
    remove: async (customerId) => void (await settled(store('readwrite').delete(customerId))),
  };
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new DOMException('The keys cannot be read.'));
  });
}
