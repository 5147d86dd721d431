/** The words that are said for digits and letters, so that none is mistaken on a bad line. */
interface Spelling {
  readonly digits: readonly string[];
  readonly letters: Readonly<Record<string, string>>;
}

/** ICAO's alphabet. */
const ENGLISH: Spelling = {
  digits: 'zero one two three four five six seven eight nine'.split(' '),
  letters: byInitial(
    'Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu',
  ),
};

/** DIN 5009:2022; `zwo`, as it is said on the telephone. */
const GERMAN: Spelling = {
  digits: 'null eins zwo drei vier fünf sechs sieben acht neun'.split(' '),
  letters: byInitial(
    'Aachen Berlin Chemnitz Düsseldorf Essen Frankfurt Goslar Hamburg Ingelheim Jena Köln Leipzig München Nürnberg Offenbach Potsdam Quickborn Rostock Salzwedel Tübingen Unna Völklingen Wuppertal Xanten Ypsilon Zwickau',
  ),
};

/** Six digits in two groups of three; as they came where they are not six. */
export function grouped(code: string): readonly string[] {
  return code.length === 6 ? [code.slice(0, 3), code.slice(3)] : [code];
}

/** A code or a reference as it is read aloud, group by group. */
export function spelled(text: string, language: string): string {
  const { digits, letters } = language === 'de' ? GERMAN : ENGLISH;
  const groups = /^\d+$/.test(text) ? grouped(text) : text.split('-');
  return groups
    .map((group) => [...group].map((one) => digits[Number(one)] ?? letters[one.toUpperCase()] ?? one).join(' '))
    .join(', ');
}

function byInitial(words: string): Readonly<Record<string, string>> {
  return Object.fromEntries(words.split(' ').map((word) => [word[0]!, word]));
}
