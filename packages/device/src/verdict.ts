import { type Connection, ofCustomer, request } from './connection.js';
import { type Advice, safeAdvice } from './safe-advice.js';

/** What the phone knows of a call: with `customer` of the one asked about, with `ringing` of the other one. */
export interface Handset {
  readonly inCall: boolean;
  readonly outgoing?: boolean;
  readonly medium?: 'cellular' | 'voip' | 'unknown';
}

export interface CallToJudge {
  /** `ringing`: the handset asks by itself; `customer`: a person asks about a caller who says to be the bank. */
  readonly trigger: 'ringing' | 'customer';
  readonly incomingNumber?: string;
  readonly phoneNumberSuffixes?: readonly string[];
  readonly handset?: Handset;
}

export interface GenuineCall {
  readonly id: string;
  readonly reference: string;
  readonly agentName: string;
  readonly department: string | null;
  readonly purpose: string;
  readonly startedAt: string;
}

export interface Verdict {
  /** Absent where the bank could not be asked. */
  readonly id?: string;
  readonly verdict: 'legitimate' | 'not_legitimate' | 'unknown';
  readonly reason: string;
  readonly call?: GenuineCall;
  readonly advice: Advice;
  readonly checkedAt?: string;
}

/**
 * Whether the call is the bank's. Never throws: what could not be asked, came too late or is not well-formed is
 * `unknown` with the reason `unavailable`. True only now: never keep it.
 */
export async function verdict(
  connection: Connection,
  call: CallToJudge,
  options: { readonly timeoutMilliseconds?: number; readonly signal?: AbortSignal } = {},
): Promise<Verdict> {
  try {
    const reply = await request<unknown>(connection, ofCustomer(connection, '/call-verdicts'), {
      method: 'POST',
      body: call,
      timeoutMilliseconds: 3000,
      ...options,
    });
    return isVerdict(reply) ? reply : unavailable(connection);
  } catch {
    return unavailable(connection);
  }
}

/** What became of a verdict on the phone. */
export interface VerdictFeedback {
  readonly outcome: 'shown' | 'answered' | 'ended_by_handset' | 'ended_by_customer' | 'timed_out';
  /** From the question to the answer, as the handset saw it. */
  readonly latencyMs?: number;
}

/** Tells what became of a verdict, once. @throws Refused, Unreachable */
export async function giveFeedback(
  connection: Connection,
  verdictId: string,
  feedback: VerdictFeedback,
): Promise<void> {
  const path = ofCustomer(connection, `/call-verdicts/${encodeURIComponent(verdictId)}/feedback`);
  await request(connection, path, { method: 'POST', body: feedback });
}

function unavailable({ locale }: Connection): Verdict {
  return { verdict: 'unknown', reason: 'unavailable', advice: safeAdvice(locale) };
}

/** Green is for a reply that says all that a green one says, and for no other. */
function isVerdict(reply: unknown): reply is Verdict {
  if (typeof reply !== 'object' || reply === null) return false;
  const { verdict: word, reason, call, advice } = reply as Partial<Verdict>;
  if (typeof reason !== 'string' || !isAdvice(advice)) return false;
  if (word === 'legitimate') return reason === 'live_call' && isCall(call);
  return word === 'not_legitimate' || word === 'unknown';
}

function isCall(call: unknown): boolean {
  const { id, agentName, purpose, startedAt } = (call ?? {}) as Partial<GenuineCall>;
  return [id, agentName, purpose, startedAt].every((member) => typeof member === 'string');
}

function isAdvice(advice: unknown): advice is Advice {
  const { code, headline, steps } = (advice ?? {}) as Partial<Advice>;
  return typeof code === 'string' && typeof headline === 'string' && Array.isArray(steps);
}
