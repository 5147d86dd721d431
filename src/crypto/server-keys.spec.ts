import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SealBroken } from './sealing.js';
import {
  deriveServerKeys,
  firstRoot,
  masterKeyId,
  MasterKeyRefused,
  nextRoot,
  parseMasterKey,
  unwrapRoot,
  wrapRoot,
} from './server-keys.js';

const hex = (text: string) => Buffer.from(text, 'hex');

/** RFC 5869 section 2, for outputs of at most one block. */
function hkdfByHand(ikm: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer {
  const prk = createHmac('sha256', salt).update(ikm).digest();
  return createHmac('sha256', prk).update(info).update(Buffer.of(1)).digest().subarray(0, bytes);
}

describe('HKDF-SHA-256 (RFC 5869 appendix A)', () => {
  it.each([
    [
      'A.1',
      '0b'.repeat(22),
      '000102030405060708090a0b0c',
      'f0f1f2f3f4f5f6f7f8f9',
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      'A.3',
      '0b'.repeat(22),
      '',
      '',
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ])('%s', (_, ikm, salt, info, okm) => {
    expect(Buffer.from(hkdfSync('sha256', hex(ikm), hex(salt), hex(info), 42)).toString('hex')).toBe(okm);
    expect(hkdfByHand(hex(ikm), hex(salt), hex(info), 32).toString('hex')).toBe(okm.slice(0, 64));
  });
});

describe('deriveServerKeys', () => {
  const master = Buffer.from(Array.from({ length: 32 }, (_, i) => i));

  it('derives each key under its own label, which must never change', () => {
    const keys = deriveServerKeys(master);
    const derived = (label: string, bytes = 32) =>
      hkdfByHand(master, Buffer.from('countersign/server-keys/v1'), Buffer.from(`countersign/v1/${label}`), bytes);
    expect(keys).toEqual({
      wrapping: derived('wrapping'),
      codeMac: derived('code-mac'),
      dpopNonce: derived('dpop-nonce'),
      lookup: derived('lookup'),
      idempotency: derived('idempotency'),
      webhooks: derived('webhooks'),
      passkeys: derived('passkeys'),
    });
    expect(masterKeyId(master)).toBe(derived('id', 8).toString('hex'));
  });

  it('gives separate keys, the same ones each time, and others for another master key', () => {
    const names = (keys: object) => Object.values(keys).map((key) => (key as Buffer).toString('hex'));
    const first = names(deriveServerKeys(master));
    expect(new Set(first).size).toBe(first.length);
    expect(names(deriveServerKeys(master))).toEqual(first);
    expect(names(deriveServerKeys(randomBytes(32))).filter((key) => first.includes(key))).toEqual([]);
  });

  it('refuses a key of another length', () => {
    expect(() => deriveServerKeys(randomBytes(31))).toThrow(MasterKeyRefused);
    expect(() => deriveServerKeys(Buffer.alloc(0))).toThrow(MasterKeyRefused);
  });
});

describe('roots', () => {
  const [master, other] = [randomBytes(32), randomBytes(32)];

  it('open under the master key and generation that they were wrapped for alone, and whole', () => {
    const root = firstRoot();
    const wrapped = wrapRoot(master, 3, root);
    expect(unwrapRoot(master, 3, wrapped)).toEqual(root);
    expect(() => unwrapRoot(other, 3, wrapped)).toThrow(SealBroken);
    expect(() => unwrapRoot(master, 2, wrapped)).toThrow(SealBroken);
    for (let at = 0; at < wrapped.length; at += 1) {
      const altered = Buffer.from(wrapped);
      altered[at]! ^= 1;
      expect(() => unwrapRoot(master, 3, altered)).toThrow(SealBroken);
    }
  });

  it('are random, or the master key where that stood for one, and names outlive them', () => {
    expect(firstRoot().secret).not.toEqual(firstRoot().secret);
    const founding = firstRoot(master);
    const { passkeys, lookup } = deriveServerKeys(master);
    expect(founding).toEqual({ secret: master, handles: passkeys, wording: lookup });
    const next = nextRoot(founding);
    expect(next).toEqual({ ...founding, secret: expect.any(Buffer) as Buffer });
    expect(next.secret).not.toEqual(founding.secret);
    expect(next.secret).toHaveLength(32);
  });
});

describe('parseMasterKey', () => {
  // Its base64 has both characters that the two alphabets write differently.
  const key = Buffer.from(`fbefbe${'ff'.repeat(3)}${'5a'.repeat(26)}`, 'hex');

  it('reads hex, base64 and base64url, padded or not, with a line break after it', () => {
    const base64 = key.toString('base64');
    const base64url = key.toString('base64url');
    const forms = [key.toString('hex'), key.toString('hex').toUpperCase(), base64, base64url];
    for (const form of [...forms, base64.slice(0, -1), `${base64url}=`, `${base64}\n`, ` ${base64url}\r\n`]) {
      expect(parseMasterKey(form)).toEqual(key);
    }
    expect(base64).toMatch(/\+.*\//);
  });

  it.each([
    ['nothing', ''],
    ['31 bytes', randomBytes(31).toString('base64')],
    ['33 bytes', randomBytes(33).toString('base64')],
    ['16 bytes of hex', '5a'.repeat(16)],
    ['31 bytes of hex', '5a'.repeat(31)],
    ['a mixture of alphabets', `-+${'A'.repeat(40)}A`],
    ['too much padding', `${key.toString('base64')}=`],
    ['trailing bits', `${'A'.repeat(42)}B`],
    ['a password', 'correct horse battery staple'],
    ['white space inside', `${'5a'.repeat(16)} ${'5a'.repeat(16)}`],
    ['zeros in hex', '0'.repeat(64)],
    ['zeros in base64', 'A'.repeat(43)],
  ])('refuses %s, and does not repeat it', (_, text) => {
    let message = '';
    try {
      parseMasterKey(text);
    } catch (error) {
      expect(error).toBeInstanceOf(MasterKeyRefused);
      message = (error as Error).message;
    }
    expect(message).toMatch(/^a master key must /);
    if (text !== '') expect(message).not.toContain(text);
  });
});
