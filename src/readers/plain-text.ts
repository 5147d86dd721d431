import { isOfScriptIn, mixesScripts } from './scripts.js';
import { numberSystemsOf, skeleton } from './text.js';

/** Why a text may not look like what it is. */
export type Oddity = keyof typeof ODDITIES;

/** What to say of it; repeats nothing of the text. */
export const ODDITIES = {
  ill_formed: 'has half of a character',
  control: 'has a control character or a line break',
  direction: 'has a mark that changes the direction of writing',
  invisible: 'has a character that nobody sees',
  space: 'has a space of an unusual kind',
  blank: 'shows nothing',
  unassigned: 'has a code point that stands for no character',
  marks: 'has marks that stand on nothing, pile up or strike through',
  styled:
    'has letters or digits in a style, such as mathematical letters, or signs that look like letters, instead of plain ones',
  digits: 'has digits of another number system than its letters, or of several in one number',
  scripts: 'mixes alphabets in a way in which letters of one pass for letters of another',
} as const;

const PRINTABLE_ASCII = /^[\x20-\x7e]*[\x21-\x7e][\x20-\x7e]*$/;

/** Emoji as recommended for interchange (UTS #51), also flags made of tags; then any that a later version may add. */
const EMOJI = new RegExp('\\p{RGI_Emoji}', 'gv');
const PICTURED = /[\p{ExtPict}\p{RI}\u20e3]/u;
/** Those that are letters unless they are asked for as emoji are letters here. */
const LATER_EMOJI =
  /(?![\u2139\u24c2\u{1f170}\u{1f171}\u{1f17e}\u{1f17f}](?!\ufe0f))\p{ExtPict}\p{EMod}?[\ufe0e\ufe0f]?(?:\u200d\p{ExtPict}\p{EMod}?\ufe0f?)*|[0-9#*]\ufe0f?\u20e3/gu;

/** Beside the space: those that word processors and Japanese names have. */
const UNUSUAL_SPACE = /(?![ \u00a0\u202f\u3000])\p{Zs}|\u2800/u;
const LETTER_OF_INDIC =
  '[\\p{scx=Deva}\\p{scx=Beng}\\p{scx=Guru}\\p{scx=Gujr}\\p{scx=Orya}\\p{scx=Taml}\\p{scx=Telu}\\p{scx=Knda}\\p{scx=Mlym}\\p{scx=Sinh}]';
/** Letters of Arabic that never join to the left (Joining_Type R or U). */
const JOINS_NOT =
  '\\u0621-\\u0625\\u0627\\u0629\\u062f-\\u0632\\u0648\\u0671-\\u0677\\u0688-\\u0699\\u06c0\\u06c3-\\u06cb\\u06cd\\u06cf\\u06d2\\u06d3\\u06d5\\u06ee\\u06ef';
/**
 * Joiners where they change what is seen (RFC 5892 appendix A, UAX #31 section 2.3): within and after a conjunct of an
 * Indic script, and after an Arabic letter that would join. Mongolian letters have selectors of their own.
 */
const JOINERS = new RegExp(
  `(?<=${LETTER_OF_INDIC})[\\u200c\\u200d](?=${LETTER_OF_INDIC}|\\P{L}|$)|(?<=(?![${JOINS_NOT}])(?=\\p{L})[\\p{scx=Arab}\\p{scx=Syrc}]\\p{Mn}*)[\\u200c\\u200d]|(?<=\\p{scx=Mong})[\\u180b-\\u180f]`,
  'gu',
);
/** Signs for numbers and verses in Arabic are format characters, and seen. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|(?![\u0600-\u0605\u06dd\u0890\u0891\u08e2])\p{Cf}|\ufffc/u;
/** A mark at the beginning or after a space; through a letter, or around it; five in a row, or one twice. */
const MARKS = /(?:^|[\s\p{Zs}])\p{M}|[\u0334-\u0338\u20d0-\u20f0]|\p{Me}|\p{Mn}{5}|(\p{Mn})\1/u;

/** Letters of mathematics and in circles and squares; digits alike; the lira's old sign, which passes for the pound's; Latin letters that are in no alphabet and look like those that are. */
const STYLED =
  /[\u{1d400}-\u{1d7ff}\u{1ccd6}-\u{1ccf9}\u{1fbf0}-\u{1fbf9}\u249c-\u24e9\u{1f110}-\u{1f12b}\u{1f130}-\u{1f149}\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}\u2102\u210a-\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u20a4\u213c-\u2140\u2145-\u2149\u017f\u0184\u0185\u0196\u01a6\u01a7\u01bc\u01bd\u021c\u0222\u0223\u0241\u0251\u0261\u026a\u026f\u0280\u1eff\ua75a\ua75b\ua76a\ua76b\ua76e\ua76f\ua78b\ua78c\ua798\ua799\ua79e\ua79f\ua7ab\ua7b2-\ua7b4]/u;
const LATIN_LETTERS =
  /(?=\p{L})(?![\p{ASCII}\u00aa\u00ba\u00df\u0131\u0138\u0149\u01c1-\u01c3\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a])\p{Script=Latin}/gu;

/**
 * The first way in which a text in one line may not look like what it is, or null. One policy for whatever is shown to
 * somebody who signs it or relies on it: names, purposes, reasons, addresses (docs/decisions/0073).
 */
export function oddityOf(text: string): Oddity | null {
  if (PRINTABLE_ASCII.test(text)) return null;
  if (!text.isWellFormed()) return 'ill_formed';
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return 'control';
  if (/\p{Bidi_Control}/u.test(text)) return 'direction';
  const words = (PICTURED.test(text) ? text.replace(EMOJI, ' ').replace(LATER_EMOJI, ' ') : text).replace(JOINERS, '');
  if (INVISIBLE.test(words)) return 'invisible';
  if (UNUSUAL_SPACE.test(words)) return 'space';
  if (text.trim() === '') return 'blank';
  if (/[\p{Cn}\p{Co}]/u.test(words)) return 'unassigned';
  if (MARKS.test(words.normalize('NFC'))) return 'marks';
  if (isStyled(words)) return 'styled';
  if (hasForeignDigits(words)) return 'digits';
  return mixesScripts(words) ? 'scripts' : null;
}

/** Signs beside Latin letters, and letters of another width among them. */
const SIGNS =
  /(?<=\p{scx=Latin}\p{M}*)(?![\p{ASCII}\u00d7])[\p{S}\p{P}\p{Nl}\p{No}]|(?![\p{ASCII}\u00d7])[\p{S}\p{P}\p{Nl}\p{No}](?=\p{scx=Latin})/gu;
const TWO_WIDTHS = /[A-Za-z]\p{M}*[\uff21-\uff3a\uff41-\uff5a]|[\uff21-\uff3a\uff41-\uff5a]\p{M}*[A-Za-z]/u;

function isStyled(text: string): boolean {
  if (TWO_WIDTHS.test(text) || (text.match(SIGNS) ?? []).some((sign) => /^[A-Za-z]$/.test(skeleton(sign)))) return true;
  // A letter with a mark is one text, however it is encoded: `ẖ` has no capital of one code point, and its `h` has.
  const bare = text.normalize('NFD');
  return (
    STYLED.test(text) ||
    STYLED.test(bare) ||
    (bare.match(LATIN_LETTERS) ?? []).some(
      (letter) => letter.toUpperCase() === letter.toLowerCase() || [...letter.toUpperCase()].length > 1,
    )
  );
}

/** Several systems in one number, or one of no script that the text is in: `৪` passes for an 8 where nothing is Bengali. */
function hasForeignDigits(text: string): boolean {
  if (text.split(/\s+/u).some((word) => numberSystemsOf(word).length > 1)) return true;
  return numberSystemsOf(text).some((zero) => zero.normalize('NFKC') !== '0' && !isOfScriptIn(zero, text));
}
