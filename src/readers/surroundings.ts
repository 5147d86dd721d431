/** What people and programs put around a text, a link or a number without changing it: quotation marks, markup, banners. */

const PAIRS: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\u201c': '\u201d',
  '\u201d': '\u201d',
  '\u2018': '\u2019',
  '\u2019': '\u2019',
  '\u201e': '\u201c\u201d',
  '\u201a': '\u2018\u2019',
  '\u00ab': '\u00bb',
  '\u00bb': '\u00ab',
  '\u2039': '\u203a',
  '\u203a': '\u2039',
  '\u300c': '\u300d',
  '\u300e': '\u300f',
  '\u3010': '\u3011',
  '\u300a': '\u300b',
  '(': ')',
  '[': ']',
  '{': '}',
  '<': '>',
  '\uff08': '\uff09',
  '\uff3b': '\uff3d',
};
const MOST_PAIRS = 2;

/** The text without quotation marks or brackets that hold all of it. */
export function unquoted(text: string): string {
  let whole = text;
  for (let round = 0; round < MOST_PAIRS; round += 1) {
    const [bare, closing] = [whole.trim(), PAIRS[whole.trim()[0] ?? ''] ?? ''];
    if (!/\s/.test(bare.slice(1, -1)) || !closing.includes(bare.at(-1)!) || !isHeld(bare)) break;
    whole = bare.slice(1, -1);
  }
  return whole;
}

/** Whether the first and the last character belong together: no bracket is closed that was not opened between them. */
function isHeld(text: string): boolean {
  const [opening, closing] = [text[0]!, text.at(-1)!];
  if (opening === closing) return true;
  let depth = 0;
  for (const character of text.slice(1, -1)) {
    if (character === opening) depth += 1;
    if (character === closing) depth -= 1;
    if (depth < 0) return false;
  }
  return true;
}

const ATTRIBUTE = '\\s{1,3}(?:dir|class|id|lang)=(?:"[\\w -]{0,60}"|\'[\\w -]{0,60}\')';
const BLOCKS = new RegExp(`<br(?:${ATTRIBUTE}){0,4} ?/?>|</?(?:p|div)(?:${ATTRIBUTE}){0,4}>`, 'gi');
const WORDS = new RegExp(`</?(?:b|i|u|em|strong|span)(?:${ATTRIBUTE}){0,4}>`, 'gi');
const ANCHOR =
  /<a\s{1,3}href=(["'])((?:https?:\/\/|tel:)[^"'<>\s()]{1,2000})\1(?:\s{1,3}(?:target|rel|class|title)=(?:"[\w -]{0,60}"|'[\w -]{0,60}')){0,4}>([^<>[\]]{1,2000})<\/a>/gi;
const CALLED =
  /(\+?\d[\d\s().-]{3,24}\d)\s{0,3}<tel:([+\d().-]{3,24})>|\[(\+?\d[\d\s().-]{3,24}\d)\]\(tel:([+\d().-]{3,24})\)/gi;

/** The text without tags that only set it, with links as `[words](https://…)`, and without what a number rings where that is the same. */
export function withoutMarkup(text: string): string {
  const set = text.replace(BLOCKS, '\n').replace(WORDS, '').replace(ANCHOR, '[$3]($2)');
  return withoutCalled(set, (shown, rung) => dialled(shown) === dialled(rung));
}

function withoutCalled(text: string, isSame: (shown: string, rung: string) => boolean): string {
  return text.replace(CALLED, (whole, one?: string, rung?: string, other?: string, rungByOther?: string) => {
    const [shown, number] = [one ?? other!, rung ?? rungByOther!];
    return isSame(shown, number) ? shown : whole;
  });
}

function dialled(number: string): string {
  return number.replace(/[^+\d]/g, '');
}

const [OPENS, CLOSES] = ['(?<=^|\\s)', '(?=[.,;:!?]?(?:\\s|$))'];
const HELD_LINK = new RegExp(
  Object.entries(PAIRS)
    .map(([opening, closing]) => {
      const characters = [...new Set(opening + closing)]
        .map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('');
      return `${OPENS}[\\u${opening.charCodeAt(0).toString(16).padStart(4, '0')}](https?:\\/\\/[^\\s<>${characters}]{1,2000})[${characters}]${CLOSES}`;
    })
    .join('|'),
  'gi',
);
const TWICE = /(https?:\/\/[^\s<>()"]{4,2000})\s{1,3}\(\1\)/gi;

/** The text with links bare that stand in brackets (RFC 3986 appendix C) or quotation marks, or again in brackets; null where there are none. */
export function withLinksUnbracketed(text: string): string | null {
  const bare = text
    .replace(TWICE, '$1')
    .replace(HELD_LINK, (...found) => found.slice(1).find((group) => typeof group === 'string')!);
  return bare === text ? null : bare;
}

const EMPHASISED = /(?<=^|[\s("'])([*_~`]{1,3})(?=[^\s*_~`])((?:(?!\1)[^\n]){1,300})(?<=\S)\1(?=$|[\s.,;:!?)"'])/gm;
const ALL_EMPHASISED = /^([*_~`]{1,3})(?![*_~`])/;
const TWICE_AT_ONCE = /(https?:\/\/[^\s<>()"]{4,2000})\(\1\)/gi;

/** The text without marks of emphasis or lost quotation marks, which may be dialled or be part of a link, and of links and numbers that stand twice; null where there are none. */
export function withoutEmphasis(text: string): string | null {
  let plain = withoutMarkup(text).trim();
  const mark = ALL_EMPHASISED.exec(plain)?.[1];
  if (mark !== undefined && plain.length > 2 * mark.length && plain.endsWith(mark))
    plain = plain.slice(mark.length, -mark.length).trim();
  if (/^[?\ufffd]\s?\S.*\S\s?[?\ufffd]$/s.test(plain)) plain = plain.slice(1, -1).trim();
  plain = plain.replace(EMPHASISED, '$2').replace(TWICE_AT_ONCE, '$1');
  plain = withoutCalled(
    plain,
    (shown, rung) =>
      /^\+/.test(rung) && /^0[1-9]/.test(dialled(shown)) && dialled(rung).endsWith(dialled(shown).slice(1)),
  );
  return plain === text.trim() ? null : plain;
}

const TIME = '\\d{1,2}[:.]\\d{2}(?::\\d{2})?(?:\\s?[ap]\\.?m\\.?)?';
const DATE = '\\d{1,4}[/.-]\\d{1,2}[/.-]\\d{1,4}';
const DAY = '(?:today|yesterday|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)';
const MONTH = '(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]{0,6}\\.?';
const WHEN = `(?:${DAY},?\\s)?(?:(?:\\d{1,2}(?:st|nd|rd|th)? ${MONTH}|${MONTH} \\d{1,2})(?:,? \\d{4})?,?\\s)?(?:at )?${TIME}`;
const NAME = '[\\p{L}][\\p{L} ]{0,29}';
const BANNER =
  '(?:caution|warning|attention|external(?: e-?mail| sender| message)?)\\s?[:!-]\\s*|(?=this (?:e-?mail|message) (?:is|was|came|comes|originated|has))';
const BANNERED =
  '(?:[^.!\\n\\d@/]{0,200}\\b(?:outside|external|click|attachments?|unknown|unverified|organi[sz]ation|safe)\\b[^.!\\n\\d@/]{0,200}(?:[.!]|\\n|$)\\s*){0,4}';
const PICTURE = `!?\\[(?:image|picture|photo|logo)(?::\\s?[\\p{L}\\p{M} ]{0,40})?\\]|\\[cid:[\\w.@-]{1,80}\\]`;
const ABOVE = (named: string): RegExp =>
  new RegExp(
    `^\\s*(?:\\[(?:${TIME},? ${DATE}|${DATE},? ${TIME})\\]\\s?${named}|(?:${DATE},? ${TIME}|${TIME},? ${DATE})(?: -)?\\s${named}|${WHEN}(?=\\s|$)|(?:sms|mms|imessage|text(?: message)?|(?:new )?message)(?: from ${NAME})?\\s*(?:[:\\n]|$)|(?:delivered|received|read)\\s*\\n|(?:${BANNER})${BANNERED}|${PICTURE})\\s*`,
    'iu',
  );
const BELOW = new RegExp(`\\s*(?:\\n\\s*(?:${WHEN}|(?:delivered|received|read)(?: ${WHEN})?)|${PICTURE})\\s*$`, 'iu');
const [ABOVE_NAMED, ABOVE_UNNAMED] = [ABOVE(`(?:${NAME}: ?)`), ABOVE('')];
const MOST_LINES = 5;
const MOST_FRAME = 1_200;

/**
 * The text without lines above and below it that messengers and mail programs write: when it came and from whom, banners,
 * pictures. The ways in which it may be meant, none where there are none. The lines hold no link and no number but a time.
 */
export function withoutFrame(text: string): string[] {
  const ways = [ABOVE_NAMED, ABOVE_UNNAMED].map((first) => {
    let bare = text.trim();
    for (let line = 0; line < MOST_LINES; line += 1) {
      const length =
        [first, ABOVE_UNNAMED]
          .map((above) => above.exec(bare.slice(0, MOST_FRAME))?.[0].length ?? 0)
          .find((found) => found > 0) ?? 0;
      bare = bare.slice(length);
      const below = BELOW.exec(bare.slice(-200));
      if (below !== null) bare = bare.slice(0, bare.length - below[0].length);
      if (length === 0 && below === null) break;
    }
    return bare.trim();
  });
  return [...new Set(ways)].filter((bare) => bare !== '' && bare !== text.trim());
}
