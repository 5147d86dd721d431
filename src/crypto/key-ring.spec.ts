import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { tagged, untagged } from './key-generation.js';
import { firstGeneration, KeyRing, KeysUnsure, type KnownGeneration } from './key-ring.js';
import { seal, SealBroken } from './sealing.js';
import { deriveServerKeys, firstRoot, nextRoot } from './server-keys.js';

const first = firstRoot(Buffer.alloc(32, 7));
const second = nextRoot(first);
const of = (generation: number, root: KnownGeneration['root'], isUsed = true): KnownGeneration => ({
  generation,
  isUsed,
  root,
});
const owner = { tenantId: 'northbank', customerId: 'c-1', keyId: 'k-1' };
const hmac = ({ lookup }: { lookup: Buffer }): Buffer => lookup;

describe('the generation of what is kept', () => {
  it('is said by all but the first, whatever the bytes', () => {
    for (const bytes of [Buffer.alloc(32, 2), Buffer.alloc(61, 1), Buffer.alloc(32), seal(randomBytes(32), '', 'x')]) {
      expect(untagged(tagged(1, bytes))).toEqual({ generation: 1, made: bytes });
      for (const generation of [2, 255, 65_536, 2_147_483_647])
        expect(untagged(tagged(generation, bytes))).toEqual({ generation, made: bytes });
    }
    expect(untagged(Buffer.alloc(0))).toEqual({ generation: 1, made: Buffer.alloc(0) });
    expect(untagged(Buffer.of(2, 0, 0))).toMatchObject({ generation: 1 });
  });
});

describe('a ring of keys', () => {
  it('writes as it always did while there is one generation', () => {
    const ring = new KeyRing(firstGeneration(first));
    const keys = deriveServerKeys(first.secret);
    expect(ring.make(hmac)).toEqual(keys.lookup);
    expect(ring.makeBoth(hmac)).toEqual({ hash: keys.lookup, otherHash: null });
    expect(ring.wrap(randomBytes(32), owner)).toHaveLength(61);
    expect(ring.handles).toEqual(keys.passkeys);
    expect(ring.wording).toEqual(keys.lookup);
  });

  it('reads a generation before it is used, and a former one after', () => {
    const [before, after] = [
      new KeyRing([of(1, first), of(2, second, false)]),
      new KeyRing([of(1, first), of(2, second)]),
    ];
    expect([before.current, after.current]).toEqual([1, 2]);
    const [old, fresh] = [before.seal('webhooks', 'a', 'x'), after.seal('webhooks', 'b', 'x')];
    for (const ring of [before, after]) {
      expect(ring.open('webhooks', old, 'x').toString()).toBe('a');
      expect(ring.open('webhooks', fresh, 'x').toString()).toBe('b');
      expect(() => ring.open('webhooks', fresh, 'y')).toThrow(SealBroken);
      expect(() => ring.open('idempotency', fresh, 'x')).toThrow(SealBroken);
    }
    expect(before.makeBoth(hmac)).toEqual({
      hash: after.makeBoth(hmac).otherHash,
      otherHash: after.makeBoth(hmac).hash,
    });
    expect(after.makeLike(before.make(hmac), hmac)).toEqual(before.make(hmac));
    expect(before.handles).toEqual(after.handles);
    expect(after.each(hmac)).toEqual([...before.each(hmac)].toReversed());
  });

  it('judges nothing under keys that it does not have, and says so', () => {
    const ring = new KeyRing(firstGeneration(first));
    let asked = 0;
    ring.onUnsure = () => void (asked += 1);
    const other = new KeyRing([of(2, second)]);
    expect(() => ring.makeLike(other.make(hmac), hmac)).toThrow(KeysUnsure);
    expect(() => ring.unwrap(other.wrap(randomBytes(32), owner), owner)).toThrow(KeysUnsure);
    expect(asked).toBe(2);
    ring.replace([of(1, first), of(2, second)]);
    expect(ring.makeLike(other.make(hmac), hmac)).toEqual(other.make(hmac));
  });

  it('writes and looks for nothing while one generation cannot be opened, or what it knows is old; it goes on reading', () => {
    let now = 0;
    const ring = new KeyRing(firstGeneration(first), 60_000, () => now);
    const kept = ring.make(hmac);
    const expectUnsure = (): void => {
      expect(() => ring.make(hmac)).toThrow(KeysUnsure);
      expect(() => ring.makeBoth(hmac)).toThrow(KeysUnsure);
      expect(() => ring.wrap(randomBytes(32), owner)).toThrow(KeysUnsure);
      expect(ring.makeLike(kept, hmac)).toEqual(kept);
    };
    now = 60_000;
    expectUnsure();
    ring.replace(firstGeneration(first));
    expect(ring.make(hmac)).toEqual(kept);
    for (const generations of [[of(1, first), of(2, null)], [of(1, first), of(2, null, false)], [of(1, null)], []]) {
      ring.replace(generations);
      expectUnsure();
    }
    ring.replace([of(1, first)]);
    expect(ring.make(hmac)).toEqual(kept);
  });

  it('is none without a generation that opens', () => {
    expect(() => new KeyRing([])).toThrow(RangeError);
    expect(() => new KeyRing([of(1, null)])).toThrow(RangeError);
  });
});
