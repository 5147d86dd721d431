import { en, type PanelKey, type PanelMessages } from './messages/en.js';

/** Languages are loaded when they are wanted; English is there. */
const LANGUAGES: Readonly<Record<string, () => Promise<PanelMessages>>> = {
  de: async () => (await import('./messages/de.js')).de,
};

/** The panel's words and formats in one locale. */
export class PanelWording {
  constructor(
    private readonly locale: string,
    /** The language in which the words are, for `lang`. */
    readonly language: string,
    private readonly messages: PanelMessages,
  ) {}

  /** A message, with what stands in its braces. */
  text(key: PanelKey, values: Readonly<Record<string, string | number>> = {}): string {
    return filled(this.messages[key], values);
  }

  /** The message of a key that is put together, such as a finding's; null where this version has none. */
  maybe(key: string, values: Readonly<Record<string, string | number>> = {}): string | null {
    return Object.hasOwn(this.messages, key) ? filled(this.messages[key as PanelKey], values) : null;
  }

  /** A moment as people read it, in their own zone, which it names; to the second where it is of today. */
  moment(time: string | number): string {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return String(time);
    const today = new Date().toDateString() === date.toDateString();
    const day = today
      ? ({ second: '2-digit' } as const)
      : ({ day: 'numeric', month: 'short', year: 'numeric' } as const);
    const options = { ...day, hour: '2-digit', minute: '2-digit', timeZoneName: 'short' } as const;
    return new Intl.DateTimeFormat(this.locale, options).format(date);
  }
}

function filled(message: string, values: Readonly<Record<string, string | number>>): string {
  return message.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

export const PANEL_ENGLISH = new PanelWording('en', 'en', en);

/** The panel's words for a locale, English where there are none. */
export async function loadPanelWording(locale: string): Promise<PanelWording> {
  const valid = canonical(locale);
  const language = valid?.split('-')[0] ?? 'en';
  const load = Object.hasOwn(LANGUAGES, language) ? LANGUAGES[language] : undefined;
  if (!load) return new PanelWording(language === 'en' && valid ? valid : 'en', 'en', en);
  return new PanelWording(valid!, language, await load());
}

function canonical(locale: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale)[0];
  } catch {
    return undefined;
  }
}
