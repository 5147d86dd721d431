import { createHash, createPrivateKey, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatNote, formatVerifierKey, noteKeyId, type NoteKey, NoteRefused, openNote } from './signed-note.js';

// The vectors of golang.org/x/mod/sumdb/note (note_test.go, Example) and of C2SP signed-note.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETER_SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n';
const FOO = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const FOO_NOTE =
  'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';

function keyOf(verifierKey: string): NoteKey {
  const [name, , key] = /^(.+?)\+([0-9a-f]{8})\+(.+)$/.exec(verifierKey)!.slice(1);
  return { name: name!, publicKey: Buffer.from(key!, 'base64').subarray(1) };
}

function fault(note: string, keys = [keyOf(PETER)]): string {
  try {
    openNote(note, keys);
  } catch (error) {
    if (error instanceof NoteRefused) return error.fault;
    throw error;
  }
  return 'opened';
}

describe('a signed note', () => {
  it.each([PETER, ENOCH, FOO])('has the key ids of the reference: %s', (vkey) => {
    expect(formatVerifierKey(keyOf(vkey))).toBe(vkey);
    expect(noteKeyId(keyOf(vkey)).toString('hex')).toBe(vkey.split('+')[1]);
  });

  it('opens as Go signed it, with one or two signatures', () => {
    expect(openNote(`${TEXT}\n${PETER_LINE}`, [keyOf(PETER)])).toMatchObject({
      text: TEXT,
      signedBy: [{ name: 'PeterNeumann' }],
    });
    expect(
      openNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`, [keyOf(ENOCH), keyOf(PETER)]).signedBy.map(({ name }) => name),
    ).toEqual(['PeterNeumann', 'EnochRoot']);
    expect(openNote(`${TEXT}\n${ENOCH_LINE}${PETER_LINE}`, [keyOf(PETER)]).signedBy).toHaveLength(1);
    expect(openNote(FOO_NOTE, [keyOf(FOO)]).text).toBe('This is an example message.\n');
  });

  it('is signed byte for byte as Go signs it', () => {
    const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), PETER_SEED]);
    const signature = sign(null, Buffer.from(TEXT), createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }));
    expect(formatNote(TEXT, [{ key: keyOf(PETER), signature }])).toBe(`${TEXT}\n${PETER_LINE}`);
  });

  it('is refused where any byte is another', () => {
    const note = Buffer.from(`${TEXT}\n${PETER_LINE}`);
    for (let at = 0; at < note.length; at += 1) {
      for (const flip of [1, 0x20, 0x80]) {
        const changed = Buffer.from(note);
        changed[at]! ^= flip;
        expect(fault(changed.toString('utf8')), `${at} ^ ${flip}`).not.toBe('opened');
      }
    }
  });

  it.each([
    ['nothing', ''],
    ['no signature', `${TEXT}\n`],
    ['no blank line', TEXT + PETER_LINE],
    ['no last line break', `${TEXT}\n${PETER_LINE.trimEnd()}`],
    ['a control character', `a\tb\n\n${PETER_LINE}`],
    ['a hyphen for the dash', `${TEXT}\n${PETER_LINE.replace('—', '-')}`],
    ['base64url', `${TEXT}\n${PETER_LINE.replaceAll('/', '_')}`],
    ['a second blank', `${TEXT}\n${PETER_LINE.replace('PeterNeumann ', 'PeterNeumann  ')}`],
    ['too much', `${'a\n'.repeat(10_000)}\n${PETER_LINE}`],
  ])('that has %s is malformed', (_what, note) => {
    expect(fault(note)).toBe('malformed');
  });

  it('of nobody whom one knows is not accepted, nor one with a wrong signature beside a right one', () => {
    expect(fault(`${TEXT}\n${ENOCH_LINE}`)).toBe('unknown_key');
    const wrong = PETER_LINE.replace('UgYN', 'UgYM');
    expect(fault(`${TEXT}\n${wrong}${PETER_LINE}`)).toBe('signature');
    expect(fault(`${TEXT}\n${PETER_LINE}`, [{ name: 'PeterNeumann', publicKey: createHash('sha256').digest() }])).toBe(
      'unknown_key',
    );
  });

  it('is not made of what it cannot hold', () => {
    const signature = Buffer.alloc(64);
    expect(() => formatNote('no line break', [{ key: keyOf(PETER), signature }])).toThrow(RangeError);
    expect(() => formatNote('a\rb\n', [{ key: keyOf(PETER), signature }])).toThrow(RangeError);
    expect(() => formatNote(TEXT, [{ key: { ...keyOf(PETER), name: 'a b' }, signature }])).toThrow(RangeError);
    expect(() => formatNote(TEXT, [{ key: keyOf(PETER), signature: Buffer.alloc(63) }])).toThrow(RangeError);
  });
});
