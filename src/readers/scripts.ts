import { skeleton } from './text.js';

/** Scripts in use (UAX #31, tables 5 and 7), those that are met most often first. Others are not told from a mixture. */
const SCRIPTS = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Bengali',
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
  'Thai',
  'Armenian',
  'Georgian',
  'Ethiopic',
  'Gujarati',
  'Gurmukhi',
  'Kannada',
  'Khmer',
  'Lao',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Thaana',
  'Tibetan',
  'Bopomofo',
  'Adlam',
  'Balinese',
  'Bamum',
  'Batak',
  'Buginese',
  'Canadian_Aboriginal',
  'Chakma',
  'Cham',
  'Cherokee',
  'Hanifi_Rohingya',
  'Javanese',
  'Kayah_Li',
  'Lepcha',
  'Limbu',
  'Lisu',
  'Mandaic',
  'Meetei_Mayek',
  'Miao',
  'Mongolian',
  'New_Tai_Lue',
  'Newa',
  'Nko',
  'Nyiakeng_Puachue_Hmong',
  'Ol_Chiki',
  'Osage',
  'Saurashtra',
  'Sundanese',
  'Syloti_Nagri',
  'Syriac',
  'Tagalog',
  'Tai_Le',
  'Tai_Tham',
  'Tai_Viet',
  'Tifinagh',
  'Vai',
  'Wancho',
  'Yi',
];
/** Beside which Latin letters stand in one word in everyday writing, and whose letters do not pose as Latin ones. */
const BESIDE_LATIN = [
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Bengali',
  'Thai',
  'Georgian',
  'Ethiopic',
  'Gujarati',
  'Gurmukhi',
  'Kannada',
  'Khmer',
  'Lao',
  'Malayalam',
  'Myanmar',
  'Oriya',
  'Sinhala',
  'Tamil',
  'Telugu',
  'Tibetan',
];
const EAST_ASIAN = [
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Bopomofo'],
  ['Han', 'Hangul'],
];

const written = (...scripts: string[]): RegExp =>
  new RegExp(`^[${scripts.map((script) => `\\p{scx=${script}}`).join('')}\\p{scx=Common}\\p{scx=Inherited}]*$`, 'u');
const ALONE = SCRIPTS.map((script) => ({ script, holds: written(script) }));
const TOGETHER = EAST_ASIAN.map((scripts) => written('Latin', ...scripts));
const SIDE_BY_SIDE = BESIDE_LATIN.map((script) => written('Latin', script));

const ASCII = /^[\x21-\x7e]+$/;
const ASCII_LETTERS = /^[A-Za-z]+$/;
const LATIN_LETTER = /(?=\p{L})\p{scx=Latin}/u;
/** One letter of another script between Latin ones stands there for its looks, even where it is not known as a look-alike. */
const LONE_LETTER = /\p{scx=Latin}\p{M}*(?!\p{scx=Latin}|\p{scx=Common})\p{L}\p{M}*\p{scx=Latin}/u;
const OTHER_LETTERS = /(?!\p{scx=Latin}|\p{scx=Common})\p{L}/gu;
/** Letters and what belongs to them; apostrophes join, hyphens part, as in `PIN-код`. */
const WORD = /[\p{L}\p{M}](?:[\p{L}\p{M}\p{Nd}'\u2019\u02bc\u200c\u200d]*[\p{L}\p{M}])?/gu;
/** Legal forms that stand before or after a company's name in Latin letters. */
const LEGAL_FORMS = new Set(['\u041e\u041e\u041e', '\u041e\u0410\u041e', '\u0410\u041e', '\u0391\u0395']);

/** The words of a text: runs of letters, with the digits and apostrophes between them. */
export function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

/** The script that all letters of a word are of; the first where they are of several; null where they are of none in use, or of different ones. */
export function scriptOf(word: string): string | null {
  return ALONE.find(({ holds }) => holds.test(word))?.script ?? null;
}

/**
 * Whether a text mixes scripts so that it may pose as another (UTS #39 section 5): a word at most moderately
 * restrictive, with no letter of the other script there only for its looks; and no word of letters that all look Latin
 * beside Latin words, where nothing else in the text is of its script.
 */
export function mixesScripts(text: string): boolean {
  const words = wordsOf(text);
  return words.some((word) => scriptOf(word) === null && !standsTogether(word)) || posesAsLatin(words);
}

function standsTogether(word: string): boolean {
  const isTogether =
    TOGETHER.some((holds) => holds.test(word)) ||
    (SIDE_BY_SIDE.some((holds) => holds.test(word)) && !LONE_LETTER.test(word));
  if (!isTogether) return false;
  return !LATIN_LETTER.test(word) || (word.match(OTHER_LETTERS) ?? []).some((letter) => !ASCII.test(skeleton(letter)));
}

function posesAsLatin(words: readonly string[]): boolean {
  if (!words.some((word) => LATIN_LETTER.test(word))) return false;
  const others = words
    .filter((word) => !LATIN_LETTER.test(word) && !LEGAL_FORMS.has(word))
    .map((word) => ({ script: scriptOf(word), looksLatin: ASCII_LETTERS.test(skeleton(word)) }));
  return others.some(
    ({ script, looksLatin }) => looksLatin && !others.some((other) => other.script === script && !other.looksLatin),
  );
}

/** Whether a text has a letter of a script that the character belongs to. */
export function isOfScriptIn(character: string, text: string): boolean {
  const scripts = ALONE.filter(({ holds }) => holds.test(character));
  return (text.match(/\p{L}/gu) ?? []).some((letter) => scripts.some(({ holds }) => holds.test(letter)));
}
