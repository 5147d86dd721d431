import type { ADVICE_CODES } from './advice-codes.policy.js';
import type { AdviceWords, Policy } from './policy.js';

/** What a frightened person should do now: a stable code, and words. */
export interface Advice {
  readonly code: AdviceCode;
  readonly headline: string;
  readonly steps: readonly string[];
}

export type AdviceCode = (typeof ADVICE_CODES)[number];

const RING_CARD = 'Ring the number on the back of your card, from a phone you trust.';
const SHARE_NOTHING = 'Do not share a code, a password or a PIN, and do not move money.';

const ENGLISH: Readonly<Record<AdviceCode, { headline: string; steps: readonly string[] }>> = {
  call_is_genuine: {
    headline: 'This call is from your bank.',
    steps: [
      'The caller should give the name shown here.',
      'Even so, we never ask for your PIN, for a code, or to move money to keep it safe.',
    ],
  },
  hang_up: { headline: 'This is not your bank. Hang up now.', steps: ['Hang up.', SHARE_NOTHING, RING_CARD] },
  hang_up_and_ring_card_number: {
    headline: 'We cannot confirm that this is your bank.',
    steps: ['Hang up and ring the number on your card.', SHARE_NOTHING],
  },
  unknown_caller: {
    headline: 'We do not know this caller.',
    steps: [
      'You can answer, or leave it.',
      'If they say that they are your bank, hang up and ring the number on your card.',
      SHARE_NOTHING,
    ],
  },
  already_on_that_call: {
    headline: 'You are on the phone with us already. We do not know this second caller.',
    steps: [
      'You can leave it, and go on with the call that you confirmed.',
      'If the second caller says that they are your bank, hang up and ring the number on your card.',
      SHARE_NOTHING,
    ],
  },
  you_rang: {
    headline: 'Your phone says that you placed this call, so we cannot vouch for who answered.',
    steps: [
      'Check that the number you rang is the one on your card.',
      'If you are not sure, hang up and ring the number on your card.',
    ],
  },
  confirmed: {
    headline: 'Confirmed. You are talking to your bank.',
    steps: [
      'You can go on with the call.',
      'Even so, we never ask for your PIN, for a code, or to move money to keep it safe.',
    ],
  },
  not_confirmed: {
    headline: 'Thank you. We have told the bank that this is not right.',
    steps: ['Hang up if you are on a call.', SHARE_NOTHING, RING_CARD],
  },
  someone_rang_as_you: {
    headline: 'Somebody is talking to your bank in your name. Hang up now.',
    steps: ['Hang up: whoever called you is not your bank.', SHARE_NOTHING, RING_CARD],
  },
  try_code_again: {
    headline: 'That is not the code.',
    steps: [
      'Ask the caller to read the six digits again, and type what you hear.',
      'If it does not match again, hang up and ring the number on your card.',
    ],
  },
  report_received: {
    headline: 'Thank you. Your report helps us to stop this.',
    steps: ['Do not answer, and do not ring a number that was given to you.', SHARE_NOTHING, RING_CARD],
  },
  money_sent: {
    headline: 'Ring us now about the money that you sent.',
    steps: [
      'Ring the number on the back of your card at once: the sooner we know, the more we can stop.',
      'Send nothing more, whatever they say.',
      'Report it to the police, and keep every message.',
    ],
  },
  remote_access: {
    headline: 'Somebody may control your device. Disconnect it now.',
    steps: [
      'Turn off Wi-Fi and mobile data on that device, and do not bank on it.',
      'Ring the number on the back of your card from another phone.',
      'Remove what they had you install, or have the device checked, before you use it again.',
    ],
  },
  code_shared: {
    headline: 'The code that you shared may be used at once. Ring us now.',
    steps: [
      'Ring the number on the back of your card at once.',
      'Share no further code: each can allow a payment or a new device.',
      'Look in your app for payments and devices that you do not know.',
    ],
  },
  password_shared: {
    headline: 'Change what you shared now, in the app or with us.',
    steps: [
      'Change your password or PIN, on a device that you trust.',
      'Change it wherever else you use the same one.',
      RING_CARD,
    ],
  },
  card_shared: {
    headline: 'Block your card now.',
    steps: [
      'Block your card in the app, or ring the number on the back of it.',
      'Look for payments that you do not know, and tell us of them.',
    ],
  },
  details_shared: {
    headline: 'Expect more calls that seem to know you.',
    steps: ['Whoever knows your details is not your bank for that reason.', SHARE_NOTHING, RING_CARD],
  },
  campaign_number: {
    headline: 'Beware: {customers} customers have reported calls from this number, the first {day}.',
    steps: ['Hang up and ring the number on your card.'],
  },
  campaign_report: {
    headline: 'You are not alone: {customers} customers have reported this, the first {day}.',
    steps: ['Hang up and ring the number on your card.'],
  },
  locked: {
    headline: 'Too many wrong codes. Hang up now.',
    steps: ['Hang up.', 'We have locked these checks to protect you.', RING_CARD],
  },
  notice_is_genuine: {
    headline: 'We sent you this message.',
    steps: ['Even so, we never ask for your PIN, for a code, or to move money to keep it safe.'],
  },
  notice_reference_only: {
    headline: 'We sent you a message under this reference.',
    steps: [
      'Compare what you have with the summary shown here: a reference can be copied.',
      'To be sure, paste the whole message, with its links.',
    ],
  },
  notice_altered: {
    headline: 'This is a changed copy of a message from us. Do not act on it.',
    steps: ['Do not open its links, ring its numbers or pay into its account.', SHARE_NOTHING, RING_CARD],
  },
  notice_not_ours: {
    headline: 'We did not send this. Do not act on it.',
    steps: ['Do not open its links, ring its numbers or pay into its account.', SHARE_NOTHING, RING_CARD],
  },
  notice_unknown: {
    headline: 'We cannot confirm that we sent this.',
    steps: ['Do not act on it until you know: ring the number on your card and ask.', SHARE_NOTHING],
  },
  notice_incomplete: {
    headline: 'That is not enough to tell.',
    steps: ['Paste the whole message, with its links.', 'Until then do not act on it.', SHARE_NOTHING],
  },
};

/** The advice for a code: the policy's words in the customer's locale, then in a less particular one, then ours in English. */
export function adviceFor(code: AdviceCode, policy: Policy, locale: string | null): Advice {
  const wanted = locale ?? policy.defaultLocale;
  const words =
    findWords(policy.advice, code, wanted) ?? findWords(policy.advice, code, policy.defaultLocale) ?? ENGLISH[code];
  return { code, headline: words.headline, steps: words.steps };
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
  locale: string | null,
): CampaignNotice {
  const { date, days, number } = formatsFor(locale ?? policy.defaultLocale, policy.callbacks.timeZone);
  const daysAgo = Math.max(
    0,
    Math.round((Date.parse(date.format(campaign.now)) - Date.parse(date.format(campaign.since))) / 86_400_000),
  );
  const headline = adviceFor(code, policy, locale)
    .headline.replace('{customers}', number.format(campaign.customers))
    .replace('{day}', days.format(-daysAgo, 'day'));
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

/** The words for a locale, else for the nearest that is less particular: by the lookup of RFC 4647 §3.4. */
function findWords(all: readonly AdviceWords[], code: AdviceCode, locale: string): AdviceWords | undefined {
  const ofCode = all.filter((words) => words.code === code);
  for (let wanted = locale.toLowerCase(); wanted !== ''; wanted = lessParticular(wanted)) {
    const words = ofCode.find((candidate) => candidate.locale.toLowerCase() === wanted);
    if (words) return words;
  }
  return undefined;
}

/** Without its last subtag, and without a single letter that would then stand last. */
function lessParticular(locale: string): string {
  return locale.split('-').slice(0, -1).join('-').replace(/-.$/, '');
}
