import type { AdviceCode } from './advice-codes.policy.js';
import { fill, type Found, ownOrOurs } from '../texts/texts.js';
import type { Policy } from './policy.js';

/** What a frightened person should do now: a stable code, and words. */
export interface Advice {
  readonly code: AdviceCode;
  readonly headline: string;
  readonly steps: readonly string[];
}

export type { AdviceCode } from './advice-codes.policy.js';

/** Locales that are wanted, the most wanted first; null for one that is not known. */
export type Locales = readonly (string | null)[];

/** The advice for a code: the policy's words or ours in the first of the locales that has any, else in the policy's own, else in English. */
export function adviceFor(code: AdviceCode, policy: Policy, locales: Locales): Advice {
  return adviceIn(code, policy, locales).what;
}

function adviceIn(code: AdviceCode, policy: Policy, locales: Locales): Found<Advice> {
  const { locale, what } = ownOrOurs<{ readonly headline: string; readonly steps: readonly string[] }>(
    [...locales, policy.defaultLocale],
    (wanted) => policy.advice.find((words) => words.code === code && words.locale.toLowerCase() === wanted),
    ({ advice }) => advice[code],
  );
  return { locale, what: { code, headline: what.headline, steps: what.steps } };
}

/** A campaign as a customer may hear of it: how many, and since when; nothing about anybody. */
export interface CampaignNotice {
  readonly since: string;
  readonly customers: number;
  readonly headline: string;
}

/** What a customer is told of a live campaign. In the words, `{customers}` is the count, and `{day}` a day such as "today" in the locale. */
export function campaignNotice(
  code: 'campaign_number' | 'campaign_report',
  campaign: { readonly since: Date; readonly customers: number; readonly now: Date },
  policy: Policy,
  locales: Locales,
): CampaignNotice {
  const { locale, what } = adviceIn(code, policy, locales);
  const { date, days, number } = formatsFor(locale, policy.callbacks.timeZone);
  const daysAgo = Math.max(
    0,
    Math.round((Date.parse(date.format(campaign.now)) - Date.parse(date.format(campaign.since))) / 86_400_000),
  );
  const headline = fill(what.headline, {
    customers: number.format(campaign.customers),
    day: days.format(-daysAgo, 'day'),
  });
  return { since: campaign.since.toISOString(), customers: campaign.customers, headline };
}

interface Formats {
  readonly date: Intl.DateTimeFormat;
  readonly days: Intl.RelativeTimeFormat;
  readonly number: Intl.NumberFormat;
}

/** Made once for each locale and time zone, because making them takes longer than all else here; a phone is ringing. */
const FORMATS = new Map<string, Formats>();
const MOST_FORMATS = 200;

function formatsFor(locale: string, timeZone: string): Formats {
  const name = `${locale} ${timeZone}`;
  const known = FORMATS.get(name);
  if (known) return known;
  const made = {
    date: new Intl.DateTimeFormat('en-CA', { timeZone }),
    days: new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }),
    number: new Intl.NumberFormat(locale),
  };
  if (FORMATS.size >= MOST_FORMATS) FORMATS.clear();
  FORMATS.set(name, made);
  return made;
}
