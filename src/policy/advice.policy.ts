import type { AdviceWords, Policy } from './policy.js';

/** What a frightened person should do now: a stable code, and words. */
export interface Advice {
  readonly code: AdviceCode;
  readonly headline: string;
  readonly steps: readonly string[];
}

export const ADVICE_CODES = [
  'call_is_genuine', 'hang_up', 'hang_up_and_ring_card_number', 'you_rang', 'confirmed', 'not_confirmed', 'someone_rang_as_you', 'try_code_again', 'locked',
] as const;
export type AdviceCode = (typeof ADVICE_CODES)[number];

const RING_CARD = 'Ring the number on the back of your card, from a phone you trust.';
const SHARE_NOTHING = 'Do not share a code, a password or a PIN, and do not move money.';

const ENGLISH: Readonly<Record<AdviceCode, { headline: string; steps: readonly string[] }>> = {
  call_is_genuine: {
    headline: 'This call is from your bank.',
    steps: ['The caller should give the name shown here.', 'Even so, we never ask for your PIN, for a code, or to move money to keep it safe.'],
  },
  hang_up: { headline: 'This is not your bank. Hang up now.', steps: ['Hang up.', SHARE_NOTHING, RING_CARD] },
  hang_up_and_ring_card_number: {
    headline: 'We cannot confirm that this is your bank.',
    steps: ['Hang up and ring the number on your card.', SHARE_NOTHING],
  },
  you_rang: {
    headline: 'Your phone says that you placed this call, so we cannot vouch for who answered.',
    steps: ['Check that the number you rang is the one on your card.', 'If you are not sure, hang up and ring the number on your card.'],
  },
  confirmed: { headline: 'Confirmed. You are talking to your bank.', steps: ['You can go on with the call.', 'Even so, we never ask for your PIN, for a code, or to move money to keep it safe.'] },
  not_confirmed: { headline: 'Thank you. We have told the bank that this is not right.', steps: ['Hang up if you are on a call.', SHARE_NOTHING, RING_CARD] },
  someone_rang_as_you: {
    headline: 'Somebody is talking to your bank in your name. Hang up now.',
    steps: ['Hang up: whoever called you is not your bank.', SHARE_NOTHING, RING_CARD],
  },
  try_code_again: { headline: 'That is not the code.', steps: ['Ask the caller to read the six digits again, and type what you hear.', 'If it does not match again, hang up and ring the number on your card.'] },
  locked: { headline: 'Too many wrong codes. Hang up now.', steps: ['Hang up.', 'We have locked these checks to protect you.', RING_CARD] },
};

/** The advice for a code: the policy's words in the customer's locale, then its language, then ours in English. */
export function adviceFor(code: AdviceCode, policy: Policy, locale: string | null): Advice {
  const wanted = locale ?? policy.defaultLocale;
  const words = findWords(policy.advice, code, wanted) ?? findWords(policy.advice, code, policy.defaultLocale) ?? ENGLISH[code];
  return { code, headline: words.headline, steps: words.steps };
}

function findWords(all: readonly AdviceWords[], code: AdviceCode, locale: string): AdviceWords | undefined {
  const language = locale.split('-')[0];
  const ofCode = all.filter((words) => words.code === code);
  return ofCode.find((words) => words.locale.toLowerCase() === locale.toLowerCase()) ?? ofCode.find((words) => words.locale === language);
}
