import { canonicalHash } from './canonical-json.js';
import { type Connection, now, ofCustomer, type Prepared, prepared, request } from './connection.js';
import { follow, type FollowOptions } from './event-stream.js';
import { assertWithPasskey, type Credentials, type Passkey } from './passkey.js';
import type { Advice } from './safe-advice.js';
import { type SigningKey, signJws } from './signing-key.js';
import type { Handset } from './verdict.js';

/** What waits for the customer's answer. Show `display` and nothing beside it. */
export interface Question {
  readonly id: string;
  readonly kind: 'call' | 'change' | 'callback';
  readonly status: string;
  /** Shown exactly as it came, also members that this version does not know: it is what the answer signs. */
  readonly display: Readonly<Record<string, unknown>>;
  readonly challenge: string;
  readonly asks: readonly string[];
  readonly expiresAt: string;
  readonly attemptsLeft: number;
}

export type Reason = 'they_called_me' | 'not_on_a_call' | 'not_me' | 'not_what_i_asked' | 'pressured';

export interface Answer {
  readonly answer: 'yes' | 'no';
  readonly reason?: Reason;
  /** As it was typed, where `asks` has `code`. */
  readonly code?: string;
  readonly handset?: Handset;
}

export interface Outcome {
  readonly status: 'waiting' | 'confirmed' | 'denied' | 'reported' | 'expired' | 'cancelled' | 'locked';
  readonly findings: readonly string[];
  readonly attemptsLeft: number;
  readonly advice: Advice;
}

/** What answers: a device's key with the id that the bank gave it, or a passkey. */
export type Answerer =
  { readonly id: string; readonly key: SigningKey } | { readonly passkey: Passkey; readonly credentials?: Credentials };

/** A question that this version does not know can be answered with a no alone: nobody can say what a yes would mean. */
export class UnknownQuestion extends Error {
  override readonly name = 'UnknownQuestion';
}

const KNOWN_QUESTIONS: readonly unknown[] = [
  'are_you_talking_to_us',
  'did_you_phone_us',
  'did_you_ask_for_this_change',
];

/** Whether this version knows what a yes to the question would mean. */
export function isKnownQuestion(question: Pick<Question, 'display' | 'asks'>): boolean {
  return (
    KNOWN_QUESTIONS.includes(question.display['question']) &&
    question.asks.every((asked) => asked === 'answer' || asked === 'code')
  );
}

/** What waits now. @throws Refused, Unreachable */
export async function waitingQuestions(connection: Connection): Promise<readonly Question[]> {
  const path = ofCustomer(connection, '/verifications?status=waiting');
  return (await request<{ data: Question[] }>(connection, path)).data;
}

/**
 * What waits, now and each time that it changes, until the signal aborts; over cut connections, restarts and expired
 * tokens. Where the platform gives no streams, it is asked for again and again.
 *
 * @throws Refused where the service refuses for good, such as for another customer.
 */
export async function* waiting(
  connection: Connection,
  options: FollowOptions = {},
): AsyncGenerator<readonly Question[], void> {
  let shown = '';
  for await (const _ of follow(connection, ofCustomer(connection, '/verifications/stream'), options)) {
    const questions = await waitingQuestions(connection).catch(() => null);
    if (questions === null) {
      options.onStale?.(true);
      continue;
    }
    const ids = JSON.stringify(questions.map(({ id, attemptsLeft }) => [id, attemptsLeft]));
    if (ids === shown) continue;
    shown = ids;
    yield questions;
  }
}

/** Each question once, as it comes. Otherwise as {@link waiting}. */
export async function* questions(connection: Connection, options: FollowOptions = {}): AsyncGenerator<Question, void> {
  const seen = new Set<string>();
  for await (const list of waiting(connection, options)) {
    for (const question of list) {
      if (seen.has(question.id)) continue;
      seen.add(question.id);
      yield question;
    }
  }
}

/**
 * Signs the answer together with exactly what was shown, and sends it.
 *
 * @throws UnknownQuestion for a yes to what {@link isKnownQuestion} does not know; Refused, as `code-mismatch` with
 * `details.attemptsLeft`, `not-a-code`, `code-required`, `locked`, `verification-closed`, `call-ended` or
 * `answer-not-accepted`; Unreachable, where nobody knows what became of it: see {@link prepareAnswer}.
 */
export async function answer(
  connection: Connection,
  by: Answerer,
  question: Question,
  given: Answer,
): Promise<Outcome> {
  return (await prepareAnswer(connection, by, question, given)).send();
}

/**
 * Signs the answer as {@link answer} does, and leaves the sending to you: where the reply is lost, the same answer is
 * sent again, counts once, and tells what came of it. That is of when it was first sent, however late it is heard: show no
 * `confirmed` of a call as if it were of now.
 */
export async function prepareAnswer(
  connection: Connection,
  by: Answerer,
  question: Question,
  given: Answer,
): Promise<Prepared<Outcome>> {
  if (given.answer === 'yes' && !isKnownQuestion(question)) throw new UnknownQuestion('Answer no, or update.');
  const payload = await answerPayload(question, given, now(connection));
  const body =
    'passkey' in by
      ? { passkey: { payload, response: await assertWithPasskey(by.passkey, payload, by.credentials) } }
      : { jws: await signAnswer(by, payload) };
  const path = `/v1/verifications/${encodeURIComponent(question.id)}/answer`;
  return prepared(connection, path, body, (outcome: Outcome) => outcome);
}

/** What an answer signs; what was not given is left out. */
export async function answerPayload(
  question: Pick<Question, 'id' | 'challenge' | 'display'>,
  { answer, reason, code, handset }: Answer,
  atMilliseconds: number,
): Promise<Readonly<Record<string, unknown>>> {
  return {
    verification: question.id,
    challenge: question.challenge,
    display: await canonicalHash(question.display),
    answer,
    ...(reason === undefined ? {} : { reason }),
    ...(code === undefined ? {} : { code }),
    ...(handset === undefined ? {} : { handset }),
    iat: Math.floor(atMilliseconds / 1000),
  };
}

/** The answer as a compact JWS with `typ` `answer+jws`, whose `kid` is the device. */
export function signAnswer(
  device: { readonly id: string; readonly key: SigningKey },
  payload: object,
): Promise<string> {
  return signJws(device.key, { kid: device.id, typ: 'answer+jws' }, payload);
}
