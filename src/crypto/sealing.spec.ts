import { createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame } from './framing.js';
import { generateDataKey, lookupHash, open, seal, SealBroken, unwrapDataKey, wrapDataKey } from './sealing.js';

const CONTEXT = 'contact_point.number:01890a5d-ac96-774b-bcce-b302099a8057';
const OWNER = { tenantId: 'northbank', customerId: 'c-1', keyId: '01890a5d-ac96-774b-bcce-b302099a8057' };
const dataKey = generateDataKey();
const wrappingKey = randomBytes(32);

/** Every byte sequence that differs from this one in one byte, by `mask`. */
function withByteFlipped(bytes: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ mask, at);
  return copy;
}

describe('seal and open', () => {
  it('give back what was sealed, text and bytes, empty too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array(), fc.string(), (text, bytes, context) => {
        expect(open(dataKey, seal(dataKey, text, context), context).toString('utf8')).toBe(text);
        expect(open(dataKey, seal(dataKey, Buffer.from(bytes), context), context)).toEqual(Buffer.from(bytes));
      }),
    );
    expect(open(dataKey, seal(dataKey, '', CONTEXT), CONTEXT)).toHaveLength(0);
  });

  it('are AES-256-GCM: version, nonce, ciphertext, tag, with the context beside it', () => {
    const sealed = seal(dataKey, '+442079460000', CONTEXT);
    expect(sealed).toHaveLength(13 + 29);
    expect(sealed[0]).toBe(1);
    const decipher = createDecipheriv('aes-256-gcm', dataKey, sealed.subarray(1, 13));
    decipher.setAAD(frame('countersign/v1/seal', CONTEXT)).setAuthTag(sealed.subarray(-16));
    expect(decipher.update(sealed.subarray(13, -16)).toString() + decipher.final('utf8')).toBe('+442079460000');
  });

  it('use a new nonce each time', () => {
    const sealed = Array.from({ length: 1000 }, () => seal(dataKey, 'same', CONTEXT).subarray(1, 13).toString('hex'));
    expect(new Set(sealed).size).toBe(1000);
  });

  it('refuse any flipped byte', () => {
    const sealed = seal(dataKey, 'Amara Okafor, +442079460000', CONTEXT);
    for (let at = 0; at < sealed.length; at += 1) {
      expect(() => open(dataKey, withByteFlipped(sealed, at, 0xff), CONTEXT)).toThrow(SealBroken);
    }
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        expect(() => open(dataKey, withByteFlipped(sealed, at, mask), CONTEXT)).toThrow(SealBroken);
      }),
    );
  });

  it('refuse any cut or lengthened seal', () => {
    const sealed = seal(dataKey, '+442079460000', CONTEXT);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => open(dataKey, sealed.subarray(0, length), CONTEXT)).toThrow(SealBroken);
    }
    expect(() => open(dataKey, Buffer.concat([sealed, Buffer.of(0)]), CONTEXT)).toThrow(SealBroken);
    expect(() => open(dataKey, randomBytes(200), CONTEXT)).toThrow(SealBroken);
  });

  it('refuse another context and another key', () => {
    const sealed = seal(dataKey, '+442079460000', CONTEXT);
    expect(() => open(dataKey, sealed, `${CONTEXT}0`)).toThrow(SealBroken);
    expect(() => open(dataKey, sealed, '')).toThrow(SealBroken);
    expect(() => open(generateDataKey(), sealed, CONTEXT)).toThrow(SealBroken);
    expect(() => open(Buffer.alloc(16), sealed, CONTEXT)).toThrow(SealBroken);
  });

  it('do not seal under a key of another length', () => {
    expect(() => seal(Buffer.alloc(16), 'x', CONTEXT)).toThrow(RangeError);
  });

  it('say nothing of the content in the error', () => {
    expect(() => open(dataKey, Buffer.from('secret'), 'private')).toThrow(
      /^sealed data does not open under this key and context$/,
    );
  });
});

describe('wrapDataKey and unwrapDataKey', () => {
  const wrapped = wrapDataKey(wrappingKey, dataKey, OWNER);

  it('give back the key to its owner', () => {
    expect(wrapped).toHaveLength(61);
    expect(wrapped.includes(dataKey)).toBe(false);
    expect(unwrapDataKey(wrappingKey, wrapped, { ...OWNER })).toEqual(dataKey);
  });

  it.each([
    { tenantId: 'southbank' },
    { customerId: 'c-2' },
    { keyId: '2' },
    { tenantId: 'northbankc', customerId: '-1' },
  ])('refuse another owner: %o', (other) => {
    expect(() => unwrapDataKey(wrappingKey, wrapped, { ...OWNER, ...other })).toThrow(SealBroken);
  });

  it('refuse any flipped byte, another wrapping key, and a seal that is no wrapped key', () => {
    for (let at = 0; at < wrapped.length; at += 1) {
      expect(() => unwrapDataKey(wrappingKey, withByteFlipped(wrapped, at, 0x01), OWNER)).toThrow(SealBroken);
    }
    expect(() => unwrapDataKey(randomBytes(32), wrapped, OWNER)).toThrow(SealBroken);
    expect(() => unwrapDataKey(wrappingKey, seal(wrappingKey, dataKey, CONTEXT), OWNER)).toThrow(SealBroken);
  });

  it('wrap nothing but a key of 32 bytes', () => {
    expect(() => wrapDataKey(wrappingKey, Buffer.alloc(31), OWNER)).toThrow(RangeError);
    expect(() => wrapDataKey(Buffer.alloc(31), dataKey, OWNER)).toThrow(RangeError);
  });
});

describe('lookupHash', () => {
  const key = Buffer.alloc(32, 7);

  it('stays what it is, since it is stored', () => {
    expect(lookupHash(key, 'northbank', 'phone', '+442079460000').toString('hex')).toBe(
      'beb9a0f595fdff825d660e600cb7e5c2d1520f67c8c3379aedca2f48758626c8',
    );
  });

  it('differs by tenant, kind, value and key, and does not let one part run over into the next', () => {
    const hashes = [
      lookupHash(key, 'northbank', 'phone', '+442079460000'),
      lookupHash(key, 'southbank', 'phone', '+442079460000'),
      lookupHash(key, 'northbank', 'email', '+442079460000'),
      lookupHash(key, 'northbank', 'phone', '+442079460001'),
      lookupHash(key, 'northban', 'kphone', '+442079460000'),
      lookupHash(randomBytes(32), 'northbank', 'phone', '+442079460000'),
    ];
    expect(new Set(hashes.map((hash) => hash.toString('hex'))).size).toBe(hashes.length);
  });
});
