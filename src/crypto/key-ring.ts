import { FIRST_GENERATION, tagged, untagged } from './key-generation.js';
import { type DataKeyOwner, open, seal, unwrapDataKey, wrapDataKey } from './sealing.js';
import { deriveServerKeys, type RootKey, type ServerKeys } from './server-keys.js';

/** A generation of the service's keys, as far as this process may use it. */
export interface KnownGeneration {
  readonly generation: number;
  /** Whether what is written from now on may be under it; else it is there to be read. */
  readonly isUsed: boolean;
  /** Null where no master key of this process opens it. */
  readonly root: RootKey | null;
}

/**
 * It is not known just now under which keys to look or to write, or something is kept under keys that this process does
 * not have. Nothing follows from it: not that a code is wrong, nor that a number is on nobody's file.
 */
export class KeysUnsure extends Error {
  override readonly name = 'KeysUnsure';
}

interface Held {
  readonly generation: number;
  readonly keys: ServerKeys;
}

/** For so long what is known of the generations is acted upon; a new one is used only later after it was made. */
export const KNOWN_FOR_MS = 60_000;

/**
 * The generations of the service's keys: the one under which things are written, and at most one other under which
 * things are still kept. What is kept names its generation, so that it is never judged under another one's key.
 */
export class KeyRing {
  #held: readonly Held[] = [];
  #current!: Held;
  #names!: Pick<RootKey, 'handles' | 'wording'>;
  #isWhole = true;
  #knownUntil = Infinity;
  /** Called where something is asked for of which nothing is known for sure. */
  onUnsure: () => void = () => undefined;

  constructor(
    generations: readonly KnownGeneration[],
    private readonly knownForMs: number = Infinity,
    private readonly now: () => number = () => performance.now(),
  ) {
    if (!generations.some(({ root }) => root !== null)) throw new RangeError('no generation of keys can be opened');
    this.replace(generations);
  }

  /** Takes over what the database says now. Where one of them cannot be opened, nothing is written from now on. */
  replace(generations: readonly KnownGeneration[]): void {
    const held = generations.flatMap(({ generation, root }) =>
      root === null ? [] : [{ generation, keys: deriveServerKeys(root.secret), root }],
    );
    this.#isWhole = held.length === generations.length && generations.some(({ isUsed }) => isUsed);
    const used = generations.filter(({ isUsed }) => isUsed).map(({ generation }) => generation);
    const current = held.find(({ generation }) => generation === Math.max(...used)) ?? held.at(-1);
    if (!current) return;
    this.#held = held;
    this.#current = current;
    this.#names = current.root;
    this.#knownUntil = this.now() + this.knownForMs;
  }

  /** The numbers of the generations under which something may be kept. */
  get generations(): readonly number[] {
    return this.#held.map(({ generation }) => generation);
  }

  /** Under which generation things are written. @throws KeysUnsure */
  get current(): number {
    return this.#sure().generation;
  }

  /** Names passkeys' holders. The same in every generation, as authenticators keep what follows from it. */
  get handles(): Buffer {
    return this.#names.handles;
  }

  /** Compares the wording of reports. The same in every generation, as no report is opened to make it anew. */
  get wording(): Buffer {
    return this.#names.wording;
  }

  /** Something made under the current keys, as it is to be kept. @throws KeysUnsure */
  make(of: (keys: ServerKeys) => Buffer): Buffer {
    const { generation, keys } = this.#sure();
    return tagged(generation, of(keys));
  }

  /** The same as `make` under the keys that something kept was made with, to compare the two. @throws KeysUnsure */
  makeLike(kept: Buffer, of: (keys: ServerKeys) => Buffer): Buffer {
    const { generation } = untagged(kept);
    return tagged(generation, of(this.#of(generation)));
  }

  /** Something made under the current keys, and under the others, by which it may be kept too; null where there are none. @throws KeysUnsure */
  makeBoth(of: (keys: ServerKeys) => Buffer): { readonly hash: Buffer; readonly otherHash: Buffer | null } {
    const current = this.#sure();
    const other = this.#held.find((held) => held !== current);
    return {
      hash: tagged(current.generation, of(current.keys)),
      otherHash: other ? tagged(other.generation, of(other.keys)) : null,
    };
  }

  /** A key of each generation, the current one first: for what is kept nowhere, and lives for minutes. */
  each(of: (keys: ServerKeys) => Buffer): readonly [Buffer, ...Buffer[]] {
    return [of(this.#current.keys), ...this.#held.filter((held) => held !== this.#current).map(({ keys }) => of(keys))];
  }

  /** Seals under a key of the current generation (see `seal`). @throws KeysUnsure */
  seal(key: 'idempotency' | 'webhooks', plaintext: string | Buffer, context: string): Buffer {
    return this.make((keys) => seal(keys[key], plaintext, context));
  }

  /** Opens what `seal` sealed. @throws KeysUnsure; SealBroken for another context, and for what was altered. */
  open(key: 'idempotency' | 'webhooks', sealed: Buffer, context: string): Buffer {
    const { generation, made } = untagged(sealed);
    return open(this.#of(generation)[key], made, context);
  }

  /** Wraps a customer's data key (see `wrapDataKey`). @throws KeysUnsure */
  wrap(dataKey: Buffer, owner: DataKeyOwner): Buffer {
    return this.make((keys) => wrapDataKey(keys.wrapping, dataKey, owner));
  }

  /** Unwraps a customer's data key. @throws KeysUnsure; SealBroken for another owner, and for what was altered. */
  unwrap(wrapped: Buffer, owner: DataKeyOwner): Buffer {
    const { generation, made } = untagged(wrapped);
    return unwrapDataKey(this.#of(generation).wrapping, made, owner);
  }

  #of(generation: number): ServerKeys {
    const held = this.#held.find((one) => one.generation === generation);
    if (held) return held.keys;
    this.onUnsure();
    throw new KeysUnsure('something is kept under keys that this process does not have yet, or has no more');
  }

  #sure(): Held {
    if (this.#isWhole && this.now() < this.#knownUntil) return this.#current;
    this.onUnsure();
    throw new KeysUnsure('which keys are in use is not known just now');
  }
}

/** The one generation of a database in which none is named: its root is the master key itself. */
export function firstGeneration(root: RootKey): readonly KnownGeneration[] {
  return [{ generation: FIRST_GENERATION, isUsed: true, root }];
}
