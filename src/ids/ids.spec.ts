import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromTypeId, newId, toTypeId } from './ids.js';

/** From spec/valid.json of the TypeID specification 0.3, whatever prefix stands before them. */
const VALID: Array<[string, string]> = [
  ['00000000000000000000000000', '00000000-0000-0000-0000-000000000000'],
  ['00000000000000000000000001', '00000000-0000-0000-0000-000000000001'],
  ['0000000000000000000000000a', '00000000-0000-0000-0000-00000000000a'],
  ['0000000000000000000000000g', '00000000-0000-0000-0000-000000000010'],
  ['00000000000000000000000010', '00000000-0000-0000-0000-000000000020'],
  ['7zzzzzzzzzzzzzzzzzzzzzzzzz', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['0123456789abcdefghjkmnpqrs', '0110c853-1d09-52d8-d73e-1194e95b5f19'],
  ['01h455vb4pex5vsknk084sn02q', '01890a5d-ac96-774b-bcce-b302099a8057'],
];

/** From spec/invalid.json, with a prefix of ours where the fault is in the suffix. */
const INVALID = [
  'CALL_00000000000000000000000000',
  '12345_00000000000000000000000000',
  'ca.ll_00000000000000000000000000',
  'cáll_00000000000000000000000000',
  '  call_00000000000000000000000000',
  '_00000000000000000000000000',
  '_',
  'call_1234567890123456789012345',
  'call_123456789012345678901234567',
  'call_1234567890123456789012345 ',
  'call_0123456789ABCDEFGHJKMNPQRS',
  'call_123456789-123456789-123456',
  'call_ooooooiiiiiiuuuuuuulllllll',
  'call_i23456789ol23456789oi23456',
  'call_123456789-0123456789-0123456',
  'call_8zzzzzzzzzzzzzzzzzzzzzzzzz',
  '_call_00000000000000000000000000',
  'call__00000000000000000000000000',
];

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('newId', () => {
  it('gives a TypeID and the UUIDv7 in it, which carries the time', () => {
    const before = Date.now();
    const { id, uuid } = newId('ver');
    expect(id).toMatch(/^ver_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
    expect(uuid).toMatch(UUID_V7);
    expect(fromTypeId('ver', id)).toBe(uuid);
    expect(toTypeId('ver', uuid)).toBe(id);
    const millisecond = Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16);
    expect(millisecond).toBeGreaterThanOrEqual(before);
    expect(millisecond).toBeLessThanOrEqual(Date.now());
  });

  it('gives ids that sort in the order they were made', () => {
    const ids = Array.from({ length: 2000 }, () => newId('evt').id);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(2000);
  });
});

describe('toTypeId and fromTypeId', () => {
  it.each(VALID)('hold to the specification: %s is %s', (suffix, uuid) => {
    expect(toTypeId('call', uuid)).toBe(`call_${suffix}`);
    expect(fromTypeId('call', `call_${suffix}`)).toBe(uuid);
  });

  it('undo one another for every UUID', () => {
    fc.assert(fc.property(fc.uuid(), (uuid) => fromTypeId('ctp', toTypeId('ctp', uuid)) === uuid));
  });

  it('take no text in two forms', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const uuid = fromTypeId('dev', text);
        expect(uuid === null || toTypeId('dev', uuid) === text).toBe(true);
      }),
    );
  });

  it.each(INVALID)('refuse %j', (text) => {
    expect(fromTypeId('call', text)).toBeNull();
  });

  it.each([
    '',
    'call',
    'call_',
    'ver_01h455vb4pex5vsknk084sn02q',
    'call_01h455vb4pex5vsknk084sn02q\n',
    '01h455vb4pex5vsknk084sn02q',
  ])('refuse %j', (text) => {
    expect(fromTypeId('call', text)).toBeNull();
  });

  it.each([
    '',
    'x',
    '01890A5D-AC96-774B-BCCE-B302099A8057',
    '01890a5dac96774bbcceb302099a8057',
    '{01890a5d-ac96-774b-bcce-b302099a8057}',
  ])('refuse to make an id of %j', (uuid) => {
    expect(() => toTypeId('call', uuid)).toThrow(TypeError);
  });
});
