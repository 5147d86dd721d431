import { decodeHTMLStrict } from 'entities';

const ESCAPE = /=(?:\r?\n|[0-9A-F]{2})/gi;
const DECODABLE = /^=(?:\r?\n|3D|20|09|0[AD]|2E|[89A-F][0-9A-F])$/i;

/** A line break that is none, an equals sign, a letter in UTF-8; or a byte in a word that is no link. */
const EVIDENCE = new RegExp(
  ['=\\r?\\n|=3D|=[CD][0-9A-F]=[89AB][0-9A-F]|=E[0-9A-F](?:=[89AB][0-9A-F]){2}|=F[0-4](?:=[89AB][0-9A-F]){3}']
    .flatMap((escapes) => [escapes, escapes.replace(/[A-F]/g, (digit) => digit.toLowerCase())])
    .concat('(?:^|\\s)[^\\s=/?]{0,64}=[A-F][0-9A-F]')
    .join('|'),
);

/** Quoted-printable (RFC 2045 section 6.7), where every equals sign in the text belongs to it, and one could belong to nothing else. */
export function decodeQuotedPrintable(text: string): string {
  const escapes = text.match(ESCAPE) ?? [];
  if (
    escapes.length === 0 ||
    escapes.length !== count(text, '=') ||
    !escapes.every((escape) => DECODABLE.test(escape)) ||
    !EVIDENCE.test(text)
  )
    return text;
  return text
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/gi, (run) => decodeBytes(Buffer.from(run.replaceAll('=', ''), 'hex')));
}

/** Quoted-printable of a text in ASCII, of which nothing but white space was encoded; null where nothing says so. */
export function withSpacesDecoded(text: string): string | null {
  const escapes = text.match(ESCAPE) ?? [];
  const isAll = escapes.length === count(text, '=') && escapes.every((escape) => DECODABLE.test(escape));
  const isSigned = /=20\s*$|=20\r?\n|=0[AD]/i.test(text) || (escapes.length > 2 && !text.includes(' '));
  return escapes.length > 0 && isAll && isSigned
    ? text
        .replace(/=\r?\n/g, '')
        .replace(/=(20|09|0[AD]|3D|2E)/gi, (_all, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
    : null;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Bytes from 80 to 9F in Windows-1252 (WHATWG Encoding); Node 20 reads them as controls. Above those it is ISO 8859-1. */
const FROM_80 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';
const BYTES_OF_1252 = new Map([
  ...Array.from(
    { length: 128 },
    (_none, index) => [FROM_80[index] ?? String.fromCharCode(0x80 + index), 0x80 + index] as const,
  ),
  ...Array.from({ length: 32 }, (_none, index) => [String.fromCharCode(0x80 + index), 0x80 + index] as const),
]);

function decodeBytes(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\u0080-\u009f]/g, (byte) => FROM_80[byte.charCodeAt(0) - 0x80]!);
  }
}

const MOST_ENCODED = 3;
const ENTITY = /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});/gi;
/** An encoder has no reason to write these as entities, and each could be an acting value. */
const KEPT_AS_ENTITY = /^[\p{Nd}a-z]/iu;
/** A reference that is none is decoded as this too. */
const REPLACEMENT = /^&#(?:65533|xfffd);$/i;

/** HTML character references (HTML section 13.2.5.72), but for letters and digits of ASCII; also where they were encoded again. */
export function decodeEntities(text: string): string {
  let decoded = text;
  for (let round = 0, last = ''; round < MOST_ENCODED && decoded !== last; round += 1)
    [last, decoded] = [decoded, decodeEntitiesOnce(decoded)];
  return decoded;
}

function decodeEntitiesOnce(text: string): string {
  return text.replace(ENTITY, (entity) => {
    const decoded = decodeHTMLStrict(entity);
    return KEPT_AS_ENTITY.test(decoded) || (decoded.includes('\ufffd') && !REPLACEMENT.test(entity)) ? entity : decoded;
  });
}

const MISREAD = new RegExp(
  `[${[...BYTES_OF_1252.keys()].map((character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).join('')}]{2,}`,
  'gu',
);

const CONTINUATION = `[${FROM_80}\u0080-\u00bf\ufffd]`;
/** Five bytes say nothing in Windows-1252: a letter of which one is lost. */
const MISREAD_AND_LOST = new RegExp(
  `[\u00c2-\u00df]\ufffd|(?=[\u00e0-\u00ef].?\ufffd)[\u00e0-\u00ef]${CONTINUATION}{2}|(?=[\u00f0-\u00f4].{0,2}\ufffd)[\u00f0-\u00f4]${CONTINUATION}{3}`,
  'gu',
);

/** UTF-8 that was read as Windows-1252 or ISO 8859-1: `Â£`, `â€™`. */
export function mended(text: string): string {
  return text.replace(MISREAD_AND_LOST, '\ufffd').replace(MISREAD, (run) => {
    try {
      return UTF_8.decode(Uint8Array.from([...run], (character) => BYTES_OF_1252.get(character)!));
    } catch {
      return run;
    }
  });
}
