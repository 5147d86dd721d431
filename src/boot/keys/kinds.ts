import { countOpenLetters } from '../../changes/kept-letters.store.js';
import { NUMBER_HASHES, WRAPPED_KEYS } from '../../customers/kept-customers.js';
import type { KeptKind, LastingKind } from '../../database/kept-kind.js';
import { countKeptAnswers } from '../../http/idempotency/kept-answers.store.js';
import { ADDRESS_HASHES } from '../../push/kept-push.js';
import { SIGNING_KEY_VOUCHERS } from '../../transparency/kept-signing-keys.js';
import { countOpenCodes } from '../../verifications/kept-codes.store.js';
import { WEBHOOK_SECRETS } from '../../webhooks/kept-webhooks.js';

/** What is kept for long under the service's keys, and is made anew when they rotate. */
export const LASTING: readonly LastingKind[] = [
  WRAPPED_KEYS,
  NUMBER_HASHES,
  ADDRESS_HASHES,
  WEBHOOK_SECRETS,
  SIGNING_KEY_VOUCHERS,
];

/** What cannot be made anew, and is waited for: nobody has a code but whoever was told it. */
export const PASSING: readonly KeptKind[] = [
  { name: 'codes that wait to be read out (for minutes)', count: countOpenCodes },
  { name: 'codes of letters (until used, void or expired)', count: countOpenLetters },
  { name: 'answers kept for an Idempotency-Key (for a day)', count: countKeptAnswers },
];
