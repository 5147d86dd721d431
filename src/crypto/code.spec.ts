import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeMac, codeMatches, generateCode } from './code.js';
import { frame } from './framing.js';

const key = Buffer.alloc(32, 7);
const of = { tenantId: 'northbank', verificationId: '01890a5d-ac96-774b-bcce-b302099a8057', code: '042719' };

describe('generateCode', () => {
  const codes = Array.from({ length: 60_000 }, generateCode);

  it('is always 6 digits, leading zeros kept', () => {
    expect(codes.every((code) => /^[0-9]{6}$/.test(code))).toBe(true);
    expect(codes.some((code) => code.startsWith('0'))).toBe(true);
  });

  it('has each digit equally often in each place', () => {
    for (let place = 0; place < 6; place += 1) {
      const counts = new Array<number>(10).fill(0);
      for (const code of codes) counts[Number(code[place])]! += 1;
      const chiSquared = counts.reduce((sum, count) => sum + (count - 6000) ** 2 / 6000, 0);
      // 9 degrees of freedom: a fair source goes above this less than once in a billion runs.
      expect(chiSquared).toBeLessThan(60);
    }
  });
});

describe('codeMac', () => {
  it('is 32 bytes, the same for the same, and another for each part that differs', () => {
    const mac = codeMac(key, of);
    expect(mac).toHaveLength(32);
    expect(codeMac(key, { ...of })).toEqual(mac);
    for (const other of [{ tenantId: 'southbank' }, { verificationId: 'x' }, { code: '042718' }, { code: '42719' }]) {
      expect(codeMac(key, { ...of, ...other })).not.toEqual(mac);
    }
    expect(codeMac(randomBytes(32), of)).not.toEqual(mac);
  });

  it('does not let one part run over into the next', () => {
    expect(codeMac(key, { tenantId: 'a', verificationId: 'bc', code: '1' })).not.toEqual(
      codeMac(key, { tenantId: 'ab', verificationId: 'c', code: '1' }),
    );
  });

  it('stays what it is, since it is stored', () => {
    expect(codeMac(key, of).toString('hex')).toBe('2e0b74199f9174bce253d1c79f130b7a08754da7d2739618b3bf9e64bd98940f');
  });
});

describe('frame', () => {
  const fields = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\0', '\u0001', 'é') }), {
    minLength: 1,
    maxLength: 4,
  });

  it('gives the same bytes for the same fields alone', () => {
    fc.assert(
      fc.property(fields, fields, ([label = '', ...a], [otherLabel = '', ...b]) => {
        const same = JSON.stringify([label, ...a]) === JSON.stringify([otherLabel, ...b]);
        expect(frame(label, ...a).equals(frame(otherLabel, ...b))).toBe(same);
      }),
      { numRuns: 1000 },
    );
  });

  it('counts bytes and not characters', () => {
    expect(frame('é').toString('hex')).toBe('00000002c3a9');
  });
});

describe('codeMatches', () => {
  it('is true for equal bytes alone', () => {
    const mac = codeMac(key, of);
    expect(codeMatches(mac, Buffer.from(mac))).toBe(true);
    expect(codeMatches(mac, codeMac(key, { ...of, code: '042718' }))).toBe(false);
    expect(codeMatches(mac, mac.subarray(1))).toBe(false);
    expect(codeMatches(mac, Buffer.alloc(0))).toBe(false);
  });
});
