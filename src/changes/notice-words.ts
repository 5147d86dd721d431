/** What the bank should tell every contact point, old and new, in plain words; `disputeWith` is how the customer stops it. */
export interface NoticeWords {
  readonly words: { readonly headline: string; readonly steps: readonly string[] };
  readonly disputeWith: string;
}

const SUBJECTS = {
  payout_account: 'the account that we pay you on',
  payee_account: 'the account of somebody you pay',
  phone_number: 'your phone number',
  postal_address: 'your postal address',
  email: 'your e-mail address',
} as const;

/** The words for a request, and for its release. They ask for nothing and hold no link: a message that does is not from the bank. */
export function noticeWords(
  of: 'requested' | 'released' | 'refused' | 'withdrawn' | 'expired',
  subject: keyof typeof SUBJECTS,
  reference: string,
): NoticeWords {
  const what = SUBJECTS[subject];
  const headline = {
    requested: `Somebody asked us to change ${what}. We have not changed it yet.`,
    released: `We have changed ${what}.`,
    refused: `We have not changed ${what}: the request was refused.`,
    withdrawn: `We have not changed ${what}: the request was withdrawn.`,
    expired: `We have not changed ${what}: the request was not confirmed in time.`,
  }[of];
  const steps =
    of === 'requested' || of === 'released'
      ? [
          `If you did not ask for this, open your banking app and dispute it, or ring the number on your card and give the reference ${reference}.`,
          'We never ask you for a code or a password because of this message.',
        ]
      : [`The reference is ${reference}. You need do nothing.`];
  return { words: { headline, steps }, disputeWith: 'POST /v1/changes/{id}/dispute' };
}
