import fc from 'fast-check';
import { compactDecrypt, decodeProtectedHeader, exportJWK, generateKeyPair, type JWK } from 'jose';
import { generateSync } from 'otplib';
import { describe, expect, it } from 'vitest';
import { DeviceKeyRefused } from './device-key.js';
import { currentProof, generateOfflineSecrets, matchProof, sealOfflineSecrets } from './offline-proof.js';

/** The secret of RFC 4226 appendix D and RFC 6238 appendix B (SHA-1): the ASCII text 12345678901234567890. */
const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

/** RFC 4226 appendix D, for the counts 0 to 9. */
const HOTP_CODES = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489'];

const at = (seconds: number) => new Date(seconds * 1000);

describe('vectors', () => {
  it.each([...HOTP_CODES.entries()])('RFC 4226 appendix D: count %d is %s', (count, code) => {
    expect(generateSync({ strategy: 'hotp', secret: SECRET, counter: count })).toBe(code);
    expect(currentProof(SECRET, at(count * 30))).toBe(code);
  });

  it.each([
    [59, '94287082', 0x1],
    [1111111109, '07081804', 0x23523ec],
    [1111111111, '14050471', 0x23523ed],
    [1234567890, '89005924', 0x273ef07],
    [2000000000, '69279037', 0x3f940aa],
    [20000000000, '65353130', 0x27bc86aa],
  ])('RFC 6238 appendix B (SHA-1): at %d s it is %s', (seconds, code, step) => {
    expect(generateSync({ secret: SECRET, epoch: seconds, digits: 8, period: 30, algorithm: 'sha1' })).toBe(code);
    expect(currentProof(SECRET, at(seconds))).toBe(code.slice(2));
    expect(matchProof(SECRET, code.slice(2), at(seconds), null)).toBe(step);
  });
});

describe('generateOfflineSecrets', () => {
  it('gives two different secrets of 160 bits, new each time', () => {
    const secrets = Array.from({ length: 50 }, generateOfflineSecrets).flatMap((pair) => Object.values(pair));
    expect(secrets.every((secret) => /^[A-Z2-7]{32}$/.test(secret))).toBe(true);
    expect(new Set(secrets).size).toBe(100);
  });
});

describe('matchProof', () => {
  const now = at(1_234_567_890);
  const step = 41152263;
  const codeOf = (wanted: number) => currentProof(SECRET, at(wanted * 30));

  it('takes the present step and one on either side, and no other', () => {
    const matched = [-2, -1, 0, 1, 2].map((skew) => matchProof(SECRET, codeOf(step + skew), now, null));
    expect(matched).toEqual([null, step - 1, step, step + 1, null]);
  });

  it('holds to whole steps from their first to their last millisecond', () => {
    for (const ms of [0, 1, 29_999]) {
      const time = new Date(step * 30_000 + ms);
      const matched = [-2, -1, 0, 1, 2].map((skew) => matchProof(SECRET, codeOf(step + skew), time, null));
      expect(matched).toEqual([null, step - 1, step, step + 1, null]);
    }
  });

  it('takes a step once, and none before it', () => {
    expect(matchProof(SECRET, codeOf(step), now, step)).toBeNull();
    expect(matchProof(SECRET, codeOf(step - 1), now, step)).toBeNull();
    expect(matchProof(SECRET, codeOf(step + 1), now, step)).toBe(step + 1);
    expect(matchProof(SECRET, codeOf(step), now, step - 1)).toBe(step);
    expect(matchProof(SECRET, codeOf(step + 1), now, step + 1)).toBeNull();
  });

  it('answers null where the last step lies in the future, as after a clock was set back', () => {
    expect(matchProof(SECRET, codeOf(step), now, step + 1000)).toBeNull();
  });

  it('accepts no sequence of codes in which a step comes twice', () => {
    const tries = fc.array(fc.tuple(fc.nat(4), fc.integer({ min: -1, max: 1 })), { maxLength: 12 });
    fc.assert(
      fc.property(tries, (sequence) => {
        const accepted: number[] = [];
        let clock = step;
        for (const [later, skew] of sequence) {
          clock += later;
          const matched = matchProof(SECRET, codeOf(clock + skew), at(clock * 30), accepted.at(-1) ?? null);
          if (matched !== null) accepted.push(matched);
        }
        expect(accepted).toEqual([...new Set(accepted)].sort((a, b) => a - b));
      }),
    );
  });

  it.each(['', '12345', '1234567', 'abcdef', '12 345', '１２３４５６', '-12345', '12345\n', '1e5000'])(
    'answers null for %j',
    (code) => {
      expect(matchProof(SECRET, code, now, null)).toBeNull();
    },
  );

  it('does not mix up secrets', () => {
    const { bankProof, customerProof } = generateOfflineSecrets();
    expect(matchProof(bankProof, currentProof(bankProof, now), now, null)).toBe(step);
    // One chance in 333,333 to match all the same, so two times are asked for.
    const both = [now, at(1_234_599_990)].map((time) =>
      matchProof(customerProof, currentProof(bankProof, time), time, null),
    );
    expect(both).toContain(null);
  });

  it.each(['', 'ABC', SECRET.toLowerCase(), `${SECRET}=`, `1${SECRET}`])(
    'refuses the secret %j without repeating it',
    (bad) => {
      for (const use of [() => currentProof(bad, now), () => matchProof(bad, '123456', now, null)]) {
        expect(use).toThrow(/^an offline secret must be base 32 of 160 bits or more$/);
      }
    },
  );
});

describe('sealOfflineSecrets', () => {
  const secrets = { bankProof: SECRET, customerProof: generateOfflineSecrets().customerProof };

  async function encryptionPair() {
    const pair = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    return { privateKey: pair.privateKey, jwk: await exportJWK(pair.publicKey) };
  }

  it.each([
    ['ECDH-ES', {}],
    ['ECDH-ES', { alg: 'ECDH-ES', use: 'enc' }],
    ['ECDH-ES+A256KW', { alg: 'ECDH-ES+A256KW' }],
  ])('makes a JWE by %s that the device can read', async (alg, named) => {
    const { privateKey, jwk } = await encryptionPair();
    const jwe = await sealOfflineSecrets({ ...jwk, ...named }, secrets);
    expect(jwe.split('.')).toHaveLength(5);
    expect(decodeProtectedHeader(jwe)).toMatchObject({ alg, enc: 'A256GCM', typ: 'offline+jwe' });
    const { plaintext } = await compactDecrypt(jwe, privateKey);
    expect(JSON.parse(Buffer.from(plaintext).toString('utf8'))).toEqual(secrets);
  });

  it('cannot be read with another key', async () => {
    const jwe = await sealOfflineSecrets((await encryptionPair()).jwk, secrets);
    await expect(compactDecrypt(jwe, (await encryptionPair()).privateKey)).rejects.toThrow();
  });

  it('refuses any key but a public P-256 one', async () => {
    const { privateKey, jwk } = await encryptionPair();
    const bad: JWK[] = [await exportJWK(privateKey), { ...jwk, use: 'sig' }, { kty: 'oct', k: 'AAAA' }];
    for (const key of bad) await expect(sealOfflineSecrets(key, secrets)).rejects.toThrow(DeviceKeyRefused);
  });
});
