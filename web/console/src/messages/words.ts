import { en } from './en.js';

export type WordKey = keyof typeof en;
export type Messages = Readonly<Record<WordKey, string>>;

/** Languages are loaded when they are wanted; English is there. */
const LANGUAGES: Readonly<Record<string, () => Promise<Messages>>> = {
  de: async () => (await import('./de.js')).de,
};

/** Words and formats of one locale. Times are in the viewer's zone, and name it. */
export class Words {
  readonly #moment: Intl.DateTimeFormat;
  readonly #time: Intl.DateTimeFormat;
  readonly #number: Intl.NumberFormat;

  constructor(
    readonly locale: string,
    readonly language: string,
    private readonly messages: Messages,
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
  return new Words(tag!, language, await load());
}

function tagsOf(locale: string): string[] {
  try {
    return Intl.getCanonicalLocales(locale);
  } catch {
    return [];
  }
}
