import type { AdviceCode } from '../policy/advice-codes.policy.js';

/** What a customer may have given away, or done, before they reported it. */
export const SHARED = [
  'card',
  'one_time_code',
  'password',
  'pin',
  'remote_access',
  'money_sent',
  'personal_details',
  'identity_document',
] as const;
export type Shared = (typeof SHARED)[number];

/** What is to be done first: the more is lost by every minute, the earlier. */
const BY_URGENCY: readonly { readonly code: AdviceCode; readonly after: readonly Shared[] }[] = [
  { code: 'money_sent', after: ['money_sent'] },
  { code: 'remote_access', after: ['remote_access'] },
  { code: 'code_shared', after: ['one_time_code'] },
  { code: 'card_shared', after: ['card'] },
  { code: 'password_shared', after: ['password', 'pin'] },
  { code: 'details_shared', after: ['personal_details', 'identity_document'] },
];

/** The advice that fits what was shared, the most urgent first; a loss of money counts as money sent. Never empty. */
export function adviceAfterSharing(
  shared: readonly Shared[],
  lostMoney: boolean,
): readonly [AdviceCode, ...AdviceCode[]] {
  const fitting = BY_URGENCY.filter(
    ({ code, after }) => after.some((one) => shared.includes(one)) || (code === 'money_sent' && lostMoney),
  ).map(({ code }) => code);
  const [first, ...others] = fitting;
  return first === undefined ? ['report_received'] : [first, ...others];
}
