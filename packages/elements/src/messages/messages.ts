import { en } from './en.js';
import type { ListKey, MessageKey, Messages, TextKey } from './message-types.js';

export type { MessageKey } from './message-types.js';

/** Languages are loaded when they are wanted; English is there. */
const LANGUAGES: Readonly<Record<string, () => Promise<Messages>>> = {
  de: async () => (await import('./de.js')).de,
  es: async () => (await import('./es.js')).es,
  fr: async () => (await import('./fr.js')).fr,
  nl: async () => (await import('./nl.js')).nl,
  pl: async () => (await import('./pl.js')).pl,
};

/** Words and formats of one locale. */
export class Wording {
  /** The language in which the words are, for `lang`. */
  readonly language: string;
  readonly #messages: Messages;
  readonly #locale: string;

  constructor(locale: string, language: string, messages: Messages) {
    this.#locale = locale;
    this.language = language;
    this.#messages = messages;
  }

  /** A message, with what stands in its braces. */
  text(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
    return (this.#messages[key] as string).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  }

  /** What to do in doubt, with the number on the card in one piece, however narrow the page. */
  doubt(cardNumber?: string | null): string {
    return cardNumber ? this.text('doubtNumber', { number: cardNumber.replaceAll(' ', '\u00a0') }) : this.text('doubt');
  }

  list(key: ListKey): readonly string[] {
    return this.#messages[key];
  }

  /** The message of a key that is put together, such as a reason's; null where this version has none. */
  maybe(key: string): string | null {
    const message = Object.hasOwn(this.#messages, key) ? this.#messages[key as MessageKey] : null;
    return typeof message === 'string' ? message : null;
  }

  /** A moment as people read it; as it came where it is none. */
  moment(time: string): string {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return time;
    const today = new Date().toDateString() === date.toDateString();
    const day = today ? {} : ({ day: 'numeric', month: 'long' } as const);
    return new Intl.DateTimeFormat(this.#locale, { ...day, hour: '2-digit', minute: '2-digit' }).format(date);
  }
}

export const ENGLISH = new Wording('en', 'en', en);

/** The words for a locale, English where there are none. */
export async function loadWording(locale: string): Promise<Wording> {
  const [valid] = tagsOf(locale);
  const language = valid?.split('-')[0] ?? 'en';
  const load = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
  if (!load) return new Wording(language === 'en' && valid ? valid : 'en', 'en', en);
  return new Wording(valid!, language, await load());
}

/** The first of the given that is a language tag (BCP 47), as it is written; some browsers have `en-US@posix`. */
export function chooseTag(...locales: readonly string[]): string {
  return locales.flatMap((locale) => (locale === '' ? [] : tagsOf(locale.split('@')[0]!)))[0] ?? 'en';
}

function tagsOf(locale: string): string[] {
  try {
    return Intl.getCanonicalLocales(locale);
  } catch {
    return [];
  }
}
