import type { AdviceCode } from '../policy/advice-codes.policy.js';

export const QUESTIONS = ['are_you_talking_to_us', 'did_you_phone_us', 'did_you_ask_for_this_change'] as const;

/** Why a verdict is what it is, and why somebody says no: named here, because words know no feature. */
export const REASON_CODES = [
  'unavailable',
  'inbound_only_line',
  'customer_rang',
  'already_on_that_call',
  'live_call',
  'other_channel',
  'other_line',
  'someone_rang_as_you',
  'not_our_line',
  'number_withheld',
  'no_live_call',
  'they_called_me',
  'not_on_a_call',
  'not_me',
  'not_what_i_asked',
  'pressured',
] as const;

export const FINDING_CODES = [
  'relay_suspected',
  'handset_mismatch',
  'other_channel',
  'new_device',
  'new_contact',
] as const;

/** What is read out of a reference. `{channel}` is how the bank wrote, `{summary}` the bank's own line on it. */
export const REFERENCE_CODES = [
  'call_relay',
  'call_inbound',
  'call_live',
  'call_ended',
  'callback_open',
  'callback_done',
  'change_held',
  'change_released',
  'change_refused',
  'change_withdrawn',
  'change_expired',
  'change_disputed',
  'report',
  'notice_sent',
  'notice_scheduled',
  'channel_sms',
  'channel_email',
  'channel_letter',
  'channel_app',
] as const;

export type ReferenceCode = (typeof REFERENCE_CODES)[number];
type Named<Code extends string> = Readonly<Record<Code, string>>;

/** All that people are shown or told in one language. Short and plain: a frightened person reads one line. */
export interface Words {
  readonly questions: Named<(typeof QUESTIONS)[number]>;
  readonly reasons: Named<(typeof REASON_CODES)[number]>;
  readonly findings: Named<(typeof FINDING_CODES)[number]>;
  readonly references: Named<ReferenceCode>;
  readonly advice: Readonly<Record<AdviceCode, { readonly headline: string; readonly steps: readonly string[] }>>;
  readonly neverAsk: readonly string[];
}
