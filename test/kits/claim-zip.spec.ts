import { deflateRawSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { verifyClaim } from '../../packages/client/src/claim/claim-verifier.js';
import { isClaimName } from '../../packages/client/src/claim/claim.js';
import { readZip, unzip, ZIP_LIMITS, type ZippedFile } from '../../packages/client/src/claim/zip-reader.js';

const any = (): boolean => true;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const twoFiles = (): Uint8Array => zipSync({ 'index.html': utf8('<p>Hello</p>'.repeat(50)), 'calls.json': utf8('[]') });
const read = (zip: Uint8Array): Record<string, string> =>
  Object.fromEntries(readZip(zip, any).map((file) => [file.name, new TextDecoder().decode(unzip(file))]));
/** Where a signature stands in a zip; the last of them. */
const last = (zip: Uint8Array, signature: number): number => {
  const bytes = Buffer.from(zip);
  const wanted = Buffer.alloc(4);
  wanted.writeUInt32LE(signature);
  return bytes.lastIndexOf(wanted);
};
const changed = (zip: Uint8Array, change: (view: DataView, bytes: Uint8Array) => void): Uint8Array => {
  const copy = Uint8Array.from(zip);
  change(new DataView(copy.buffer), copy);
  return copy;
};
const [CENTRAL, END] = [0x02014b50, 0x06054b50];

/** A zip whose one file says that it is so long. */
function bomb(bytes: Uint8Array, saysBytes: number): Uint8Array {
  const packed = deflateRawSync(bytes);
  const zip = zipSync({ 'calls.json': [utf8('x'.repeat(9)), { level: 0 }] });
  const head = Buffer.from(zip.subarray(0, 40));
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(packed.length, 18);
  head.writeUInt32LE(saysBytes, 22);
  const listAt = last(zip, CENTRAL);
  const list = Buffer.from(zip.subarray(listAt, last(zip, END)));
  list.writeUInt16LE(8, 10);
  list.writeUInt32LE(packed.length, 20);
  list.writeUInt32LE(saysBytes, 24);
  const end = Buffer.from(zip.subarray(last(zip, END)));
  end.writeUInt32LE(40 + packed.length, 16);
  return Buffer.concat([head, packed, list, end]);
}

describe('a zip in the form of claim files', () => {
  it('is read whole', () => {
    expect(read(twoFiles())).toEqual({ 'index.html': '<p>Hello</p>'.repeat(50), 'calls.json': '[]' });
    expect(read(bomb(utf8('just right'), 10))).toEqual({ 'calls.json': 'just right' });
    expect(readZip(zipSync({}), any)).toEqual([]);
  });

  it('is refused wherever it is cut off', () => {
    const zip = twoFiles();
    for (let length = 0; length < zip.length; length += 1)
      expect(() => readZip(zip.subarray(0, length), any), String(length)).toThrow('no zip');
  });

  it.each<[string, Uint8Array]>([
    ['something before it', Buffer.concat([utf8('x'), twoFiles()])],
    ['something behind it', Buffer.concat([twoFiles(), utf8('x')])],
    ['a zip before it', Buffer.concat([twoFiles(), twoFiles()])],
    [
      'a comment',
      changed(Buffer.concat([twoFiles(), utf8('x')]), (view) => view.setUint16(view.byteLength - 3, 1, true)),
    ],
    [
      'a file that its list does not name',
      changed(twoFiles(), (view) => view.setUint16(view.byteLength - 12, 1, true)),
    ],
    ['another name by the file’s own header', changed(twoFiles(), (_view, bytes) => bytes.set(utf8('outdex'), 30))],
    [
      'another size by the list',
      changed(twoFiles(), (view, bytes) => view.setUint32(last(bytes, CENTRAL) + 24, 1, true)),
    ],
    [
      'another method by the list',
      changed(twoFiles(), (view, bytes) => view.setUint16(last(bytes, CENTRAL) + 10, 0, true)),
    ],
    [
      'a method that there is not',
      changed(twoFiles(), (view, bytes) => view.setUint16(last(bytes, CENTRAL) + 10, 12, true)),
    ],
    ['encryption', changed(twoFiles(), (view, bytes) => view.setUint16(last(bytes, CENTRAL) + 8, 1, true))],
    ['a file inside another', changed(twoFiles(), (view, bytes) => view.setUint32(last(bytes, CENTRAL) + 42, 0, true))],
    ['a list that leads outside', changed(twoFiles(), (view) => view.setUint32(view.byteLength - 6, 0xffffffff, true))],
    ['extra fields', zipSync({ 'calls.json': [utf8('[]'), { extra: { 0x7075: utf8('other/name') } }] })],
    ['another disk', changed(twoFiles(), (view) => view.setUint16(view.byteLength - 18, 1, true))],
  ])('is refused with %s', (_what, zip) => expect(() => read(zip)).toThrow());

  it('is refused with a name twice', () => {
    const zip = zipSync({ 'a.json': utf8('1'), 'b.json': utf8('2') });
    const twice = changed(zip, (_view, bytes) => {
      for (let at = 0; at < bytes.length - 6; at += 1)
        if (new TextDecoder().decode(bytes.subarray(at, at + 6)) === 'b.json') bytes.set(utf8('a.json'), at);
    });
    expect(() => readZip(twice, any)).toThrow('twice');
  });

  it.each([
    ...['../index.html', '/etc/passwd', 'evidence/../../x', 'C:\\x', 'evidence\\x.jws', 'index.html/', 'INDEX.HTML'],
    ...[
      'evidence/',
      'evidence/ver_x.jws',
      'index.html\u0000',
      'índex.html',
      './index.html',
      'reports//x',
      '__MACOSX/x',
    ],
  ])('holds no file named %j', (name) => {
    expect(isClaimName(name)).toBe(false);
    const [file] = verifyClaim(zipSync({ [name]: utf8('x') }), []);
    expect(file).toMatchObject({ name: 'file', result: 'failed' });
    expect(file!.detail).not.toContain(name);
  });

  it.each<[string, Uint8Array, string]>([
    ['longer than it says', bomb(new Uint8Array(50_000_000), 100), 'longer'],
    ['shorter than it says', bomb(new Uint8Array(100), 200), 'shorter'],
    ['too large, by what it says', bomb(new Uint8Array(10), ZIP_LIMITS.file + 1), 'too large'],
  ])('gives no file that is %s', (_what, zip, said) => expect(() => read(zip)).toThrow(said));

  it('gives no file whose data ends early', () => {
    const file: ZippedFile = {
      name: 'x',
      bytes: 600,
      method: 8,
      data: deflateRawSync(utf8('y'.repeat(600))).subarray(0, 4),
    };
    expect(() => unzip(file)).toThrow('damaged');
    expect(() => unzip({ ...file, data: new Uint8Array() })).toThrow('shorter');
    expect(() => unzip({ ...file, method: 0 })).toThrow('not as long');
  });

  it('is refused above its bounds before anything is taken out', () => {
    const many = zipSync(
      Object.fromEntries(Array.from({ length: ZIP_LIMITS.files + 1 }, (_, n) => [`${n}`, utf8('')])),
    );
    expect(() => readZip(many, any)).toThrow(`more than ${ZIP_LIMITS.files}`);
    const sized = changed(twoFiles(), (view, bytes) => {
      for (const [at, of] of [
        [0, 22],
        [last(bytes.subarray(0, last(bytes, CENTRAL)), CENTRAL), 24],
      ] as const)
        view.setUint32(at + of, ZIP_LIMITS.file + 1, true);
    });
    expect(() => readZip(sized, any)).toThrow('too large');
  });

  it('never stops on what is no zip, whatever it is', () => {
    for (const zip of [new Uint8Array(), new Uint8Array(22), utf8('PK'), utf8('{}'.repeat(100))])
      expect(verifyClaim(zip, [])).toMatchObject([{ name: 'file', result: 'failed' }]);
  });
});
