import type { RefusalReason } from '../refusals/refusal.js';
import { ACCESS_PROBLEMS } from './access-problems.js';
import { DEVICE_PROBLEMS } from './device-problems.js';

/** One kind of refusal: what HTTP says, what a person reads, and what they can do about it. */
export interface ProblemKind {
  readonly status: number;
  readonly title: string;
  /** What to do, shown on the page behind the problem's `type` address. */
  readonly remedy: string;
}

/** Every problem this service answers with; the key is the last segment of its `type` address (RFC 9457 §3.1.1). */
export const PROBLEMS = {
  'malformed-request': {
    status: 400,
    title: 'The request cannot be read.',
    remedy: 'Send well-formed JSON and the header values that the API describes.',
  },
  'invalid-request': {
    status: 400,
    title: 'The request has fields that are missing, wrong or unknown.',
    remedy: 'Look at `errors`: each names a field by JSON pointer and says what it should be.',
  },
  ...ACCESS_PROBLEMS,
  'not-your-call': {
    status: 403,
    title: 'This call belongs to another agent.',
    remedy:
      'Its agent can hand it over with POST /v1/calls/{callId}/transfer; whom it is handed to, and a supervisor of the team, take it over with POST /v1/calls/{callId}/take-over.',
  },
  'not-your-customer': {
    status: 403,
    title: 'You have no call, callback or change with this customer just now.',
    remedy: 'Declare the call that you are on, or claim the callback. The summary of a customer needs neither.',
  },
  'not-your-team': {
    status: 403,
    title: 'These calls are of another team or agent.',
    remedy: "Ask for your own, or for those of your own team: what the token's `department` says.",
  },
  'not-found': {
    status: 404,
    title: 'There is nothing here under this address.',
    remedy: 'Check the id, its prefix, and that it belongs to your tenant.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not take this method.',
    remedy: 'Use one of those that the Allow header names.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive.',
    remedy: 'Send it again, over a connection that is fast enough.',
  },
  'idempotency-in-progress': {
    status: 409,
    title: 'The first request under this Idempotency-Key is still running.',
    remedy: 'Wait a moment and send the same request again.',
  },
  'verification-closed': {
    status: 409,
    title: 'This verification already has its outcome.',
    remedy: 'Read the verification for its status; start a new one if you need another answer.',
  },
  'call-ended': { status: 409, title: 'This call has ended.', remedy: 'Declare a new call.' },
  'change-closed': {
    status: 409,
    title: 'This change is not held any more.',
    remedy: 'Read the change for its status.',
  },
  'callback-not-due': {
    status: 409,
    title: 'This callback cannot be claimed now.',
    remedy: 'It is closed, claimed by somebody else, or not due yet: see its status and window.',
  },
  'claim-lapsed': {
    status: 409,
    title: 'This callback is not claimed by you.',
    remedy: 'Claim it again; a claim lapses after ten minutes.',
  },
  'relay-suspected': {
    status: 409,
    title: 'A relay is suspected on this call.',
    remedy:
      'Give and accept no code. Tell the person on the line that you will ring the customer back on the number on file, and hang up.',
  },
  'webhook-disabled': {
    status: 409,
    title: 'This webhook is disabled.',
    remedy: 'PATCH it with `{"status":"active"}`, then replay what it missed.',
  },
  conflict: {
    status: 409,
    title: 'Something else changed this first.',
    remedy: 'Read the current state and decide again.',
  },
  'feedback-given': {
    status: 409,
    title: 'What became of this verdict was told already.',
    remedy: 'Nothing is to be done: it is told once.',
  },
  'precondition-failed': {
    status: 412,
    title: 'The policy has changed since you read it.',
    remedy: 'Read it again, and send the PUT with the ETag of what you read in If-Match.',
  },
  'payload-too-large': { status: 413, title: 'The body is larger than 64 kB.', remedy: 'Send less in one request.' },
  'import-too-large': {
    status: 413,
    title: 'The import is larger than 64 MB.',
    remedy:
      'What came before the limit is taken. Send the rest in another request; what is there already does no harm when it comes again.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is of a kind that is not read here.',
    remedy:
      'Send `Content-Type: application/json`, or `application/x-ndjson` where the API describes a bulk import, and no `Content-Encoding`: bodies are read as they come.',
  },
  'expectation-failed': {
    status: 417,
    title: 'The Expect header asks for what is not offered.',
    remedy: 'Send `Expect: 100-continue`, or none.',
  },
  'answer-not-accepted': {
    status: 422,
    title: 'The signed answer is not accepted.',
    remedy:
      'Sign exactly what the verification shows now, with an enrolled key of this customer. The cause is in the event log, and where there is a `traceId`, under GET /v1/diagnostics/{traceId}.',
  },
  'claim-too-large': {
    status: 422,
    title: 'More happened in this time than one claim file holds.',
    remedy: 'Ask for a shorter time. Nothing is ever left out of a claim file for want of room.',
  },
  'device-too-new': {
    status: 422,
    title: 'This device is too new to vouch for a change.',
    remedy:
      'Answer on a device that was trusted before the change was asked for, or let the change be proved another way. A no is always accepted.',
  },
  'code-mismatch': {
    status: 422,
    title: "The code is not the one on the agent's screen.",
    remedy: 'Ask the agent to read the code again. `attemptsLeft` says how many attempts remain.',
  },
  'not-a-code': {
    status: 422,
    title: 'What was typed cannot be the code.',
    remedy:
      'Type it again as it is read out, shown or printed. Nothing was counted: only a code of the right form that is wrong counts as an attempt.',
  },
  'code-required': {
    status: 422,
    title: 'A yes needs the code that the agent reads out.',
    remedy: 'Send the six digits in `code` inside the signed answer.',
  },
  'account-not-valid': {
    status: 422,
    title: 'The account details are not valid.',
    remedy: 'Check the IBAN or the sort code and account number: `errors` names what does not fit.',
  },
  'costly-number': {
    status: 422,
    title: 'The bank does not ring numbers that are costly to ring.',
    remedy:
      'Keep an ordinary number on file: `errors` names the premium-rate, shared-cost, personal, pager or satellite number.',
  },
  'nothing-changes': {
    status: 422,
    title: 'Before and after are the same.',
    remedy: 'Ask for a change that changes something.',
  },
  'same-agent': {
    status: 422,
    title: 'This needs an agent who has had no part in it so far.',
    remedy:
      'Whoever asked for a change cannot approve it or ring the customer back about it, and whoever rang back cannot approve it.',
  },
  'letter-not-needed': {
    status: 422,
    title: 'This change needs no letter.',
    remedy: 'Look at `proofs` for what it needs.',
  },
  'letter-code-mismatch': {
    status: 422,
    title: 'This is not the code of a letter that is valid.',
    remedy: 'Type the code again as it is printed. After too many wrong codes a new letter must be sent.',
  },
  'no-callback-number': {
    status: 422,
    title: 'No number on file is old enough to be rung back.',
    remedy:
      'The customer can ring the number on their card, or come to a branch. A number that was given only recently is never rung.',
  },
  'callback-outside-hours': {
    status: 422,
    title: 'The window has no time at which the bank rings customers back.',
    remedy: 'Choose a window within the hours that policy sets.',
  },
  'number-at-risk': {
    status: 422,
    title: 'The number on file cannot be trusted just now.',
    remedy: 'Its SIM was swapped, or its calls are forwarded. Do not ring it; prove the change another way.',
  },
  'not-verified': {
    status: 422,
    title: 'The customer has not confirmed this call.',
    remedy:
      'Record `verified` only after the customer confirmed in their app, or compared the offline code that was read out on this very call.',
  },
  'line-inbound-only': {
    status: 422,
    title: 'The bank never calls out from this line.',
    remedy: 'Declare the call on the line that it is really placed from.',
  },
  'line-not-registered': {
    status: 422,
    title: "This number is not one of the bank's lines.",
    remedy: 'Register it with PUT /v1/lines/{number}, or declare the call on a registered line.',
  },
  'no-device': {
    status: 422,
    title: 'The customer has no enrolled device to ask.',
    remedy: 'Offer the customer to hang up and ring the number on their card, or a callback.',
  },
  'offline-proof-mismatch': {
    status: 422,
    title: 'The offline code is not accepted.',
    remedy: 'Ask for the code that the app shows now; each code counts once.',
  },
  'wrong-direction': {
    status: 422,
    title: 'A customer is never asked for a code on a call the bank placed.',
    remedy: "Read the bank's code out instead: the bank proves itself first.",
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used with another request.',
    remedy: 'Use a new key for a new request.',
  },
  ...DEVICE_PROBLEMS,
  'webhook-limit': {
    status: 422,
    title: 'There are as many webhooks as one tenant may have.',
    remedy: 'Delete one that is no longer used.',
  },
  'webhook-url-refused': {
    status: 422,
    title: 'Webhooks are not sent to this address.',
    remedy: 'Use https and a public host. An operator can allow private ranges with EGRESS_ALLOW.',
  },
  locked: {
    status: 423,
    title: 'Verifications of this customer are locked.',
    remedy: 'Too many wrong codes in a row. Reach the customer another way; an administrator can unlock after that.',
  },
  'precondition-required': {
    status: 428,
    title: 'This change needs If-Match.',
    remedy: 'Read the policy first and send its ETag in If-Match.',
  },
  'push-budget': {
    status: 429,
    title: 'This customer has been asked too often.',
    remedy: 'Wait as long as Retry-After says. Flooding a customer with questions is how fraudsters wear them down.',
  },
  'report-limit': {
    status: 429,
    title: 'This customer has made as many reports as are taken in a day.',
    remedy: 'Wait as long as Retry-After says, or ring the bank. What was reported before is not lost.',
  },
  'too-many-requests': { status: 429, title: 'Too many requests.', remedy: 'Wait as long as Retry-After says.' },
  'internal-error': {
    status: 500,
    title: 'Something went wrong on our side.',
    remedy: 'Try again; if it lasts, give the operator the X-Request-Id.',
  },
  overloaded: {
    status: 503,
    title: 'There is too much to do just now for what can wait.',
    remedy: 'Try again after Retry-After. Imports, exports and lists are refused first, verdicts and answers never.',
  },
  'temporarily-unavailable': {
    status: 503,
    title: 'The service cannot answer just now.',
    remedy: 'Try again after Retry-After. Until then nothing is confirmed: hang up and ring the number on your card.',
  },
} as const satisfies Record<RefusalReason, ProblemKind>;
