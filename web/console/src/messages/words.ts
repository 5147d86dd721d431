import { en } from './en.js';

export type WordKey = keyof typeof en;
export type Messages = Readonly<Record<WordKey, string>>;

/** What the console says in a language, and what the service says of single fields, by its own words in English. */
interface Language {
  readonly messages: Messages;
  readonly fieldRefusals: Readonly<Record<string, string>>;
}

/** Languages are loaded when they are wanted; English is there. */
const LANGUAGES: Readonly<Record<string, () => Promise<Language>>> = {
  de: async () => {
    const { de: messages, fieldRefusals } = await import('./de.js');
    return { messages, fieldRefusals };
  },
};

/** The number that such a sentence is about. */
const NUMBER = /\b(to|than|least) (-?\d+(?:\.\d+)?)/;
/** Said of the values of a list as of a value by itself. */
const OF_EACH = /^each is (?=plain text in one line)/;

/** Words and formats of one locale. Times are in the viewer's zone, and name it. */
export class Words {
  readonly #moment: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #number: Intl.NumberFormat;

  constructor(
    readonly locale: string,
    readonly language: string,
    private readonly messages: Messages,
    private readonly fieldRefusals: Language['fieldRefusals'] = {},
  ) {
    const time = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const;
    this.#moment = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', ...time });
    this.#time = new Intl.DateTimeFormat(locale, { second: '2-digit', ...time });
    this.#number = new Intl.NumberFormat(locale);
  }

  /** A message, with what stands in its braces. */
  text(key: WordKey, values: Readonly<Record<string, string | number>> = {}): string {
    return this.messages[key].replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name] ?? '';
      return typeof value === 'number' ? this.#number.format(value) : value;
    });
  }

  /** The words for a code that came from the service; the code itself where these words know none. */
  code(kind: string, code: string): string {
    const key = `${kind}.${code}`;
    return Object.hasOwn(this.messages, key) ? this.messages[key as WordKey] : code.replaceAll('_', ' ');
  }

  maybe(key: string): string | null {
    return Object.hasOwn(this.messages, key) ? this.messages[key as WordKey] : null;
  }

  /** What the service says of a field, in this language; as the service says it where these words know it not. */
  fieldRefusal(detail: string): string {
    const number = NUMBER.exec(detail)?.[2] ?? '';
    const known = [detail, detail.replace(NUMBER, '$1 {n}')]
      .map((said) => said.replace(OF_EACH, ''))
      .find((said) => Object.hasOwn(this.fieldRefusals, said));
    return known === undefined ? detail : this.fieldRefusals[known]!.replace('{n}', number);
  }

  number(value: number): string {
    return this.#number.format(value);
  }

  /** A moment with its zone; the time alone where it is today. */
  moment(time: string | Date): string {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return String(time);
    const today = new Date().toDateString() === date.toDateString();
    return (today ? this.#time : this.#moment).format(date);
  }

  /** A day, for what is printed. */
  day(time: string): string {
    return new Intl.DateTimeFormat(this.locale, { dateStyle: 'long' }).format(new Date(time));
  }

  /** How long something takes, in words. */
  seconds(seconds: number): string {
    const units = [
      ['day', 86_400],
      ['hour', 3_600],
      ['minute', 60],
    ] as const;
    const [unit, size] = units.find(([, many]) => seconds >= many && seconds % many === 0) ?? ['second', 1];
    return new Intl.NumberFormat(this.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size);
  }
}

/** The words for a locale, English where there are none. */
export async function loadWords(locale: string): Promise<Words> {
  const [tag] = tagsOf(locale);
  const language = tag?.split('-')[0] ?? 'en';
  const load = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
  if (!load) return new Words(language === 'en' && tag ? tag : 'en', 'en', en);
  const { messages, fieldRefusals } = await load();
  return new Words(tag!, language, messages, fieldRefusals);
}

function tagsOf(locale: string): string[] {
  try {
    return Intl.getCanonicalLocales(locale);
  } catch {
    return [];
  }
}
