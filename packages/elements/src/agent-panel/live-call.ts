import { Client, Problem, type TokenSource } from '@countersign/client';
import { type Asked, standingOf, type Standing } from './call-standing.js';
import { Clock } from './clock.js';
import type { Call, Display, Started } from './panel-api.js';

export interface SessionOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly locale: string;
}

/** Something that happened in the call, newest first. */
interface Happened {
  readonly type: string;
  readonly at: string;
}

interface StreamEvent {
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

const BEAT_LIMIT_MILLISECONDS = 2_000;
const STALE_AFTER_MILLISECONDS = 4_400;
const MOST_HAPPENED = 6;
/** No code without internet is good for longer. */
const PROOF_MILLISECONDS = 30_000;
const CLOSED: readonly string[] = ['confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked'];

/**
 * One call as the service tells of it: by its stream, and by asking every two seconds beside it, since a connection that
 * went silent looks like one on which nothing happens. Tells of changes by the event `change`, of a new alarm by `alarm`.
 */
export class LiveCall extends EventTarget {
  readonly client: Client;
  call: Call | null = null;
  asked: Asked | null = null;
  /** Of what was asked here, and nowhere else. */
  code: string | null = null;
  codeFailed = false;
  unavailable: string | null = null;
  /** Exactly what the customer is shown while they are asked. */
  display: Display | null = null;
  relay = false;
  bankProof: string | null = null;
  customerProof: { readonly findings: readonly string[] } | null = null;
  happened: readonly Happened[] = [];
  /** Set where the service does not take the token any more, even after it was renewed. */
  signedOut = false;
  protected readonly clock = new Clock();
  protected readonly stopping = new AbortController();
  #following: AbortController | null = null;
  #heardAt = -Infinity;
  #heardTime: number | null = null;
  #proofTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ url, token, locale }: SessionOptions) {
    super();
    this.client = new Client({ url, token, locale, fetch: this.clock.fetch });
  }

  /** Whether a call goes on of which nothing was heard for as long as five seconds. */
  get stale(): boolean {
    return this.call?.state === 'live' && performance.now() - this.#heardAt > STALE_AFTER_MILLISECONDS;
  }

  /** When the service was last heard of; null where it was not. */
  get heardTime(): number | null {
    return this.#heardTime;
  }

  get standing(): Standing {
    return standingOf({ call: this.call, asked: this.asked, relay: this.relay, stale: this.stale });
  }

  /** Whole seconds until a moment of the service, by the service's clock. */
  secondsUntil(time: string): number {
    return Math.max(0, Math.floor((Date.parse(time) - this.clock.now()) / 1000));
  }

  changed(): void {
    if (!this.stopping.signal.aborted) this.dispatchEvent(new Event('change'));
  }

  /** Takes a call as it was just declared or claimed, with its code, and follows it. */
  take(call: Call): void {
    this.forget();
    this.#hear(performance.now());
    this.#show(call);
    if (call.verification) this.takeAsked(call.verification);
    this.unavailable = call.verificationUnavailable ?? null;
    void this.#follow(call.id);
    this.changed();
  }

  /** Opens a call that goes on. @throws Problem, ConnectionLost */
  async open(callId: string): Promise<void> {
    const call = await this.client.get('/v1/calls/{callId}', { path: { callId } });
    this.take(call);
    if (call.verification && call.verification.status !== 'waiting') await this.#readFindings(call.verification.id);
  }

  /** Takes what was just asked, with its code. */
  takeAsked({ id, status, expiresAt, attemptsLeft, code }: Started): void {
    this.asked = { id, status, expiresAt, attemptsLeft, findings: [], reason: null };
    this.code = code ?? null;
    this.codeFailed = false;
    this.unavailable = null;
    this.display = null;
    void this.#readDisplay();
    this.changed();
  }

  /** The call is over, as its end said. */
  ended(call: Call): void {
    this.#show(call);
    if (call.verification) this.#compare(call.verification);
    this.changed();
  }

  showBankProof(code: string | null): void {
    this.bankProof = code;
    clearTimeout(this.#proofTimer);
    if (code !== null) this.#proofTimer = setTimeout(() => this.showBankProof(null), PROOF_MILLISECONDS);
    this.changed();
  }

  /** Leaves the call: nothing of it is left here. */
  forget(): void {
    this.#following?.abort();
    this.#following = null;
    this.call = this.asked = this.code = this.display = this.unavailable = null;
    this.bankProof = this.customerProof = null;
    this.relay = this.codeFailed = false;
    this.happened = [];
    this.changed();
  }

  /** Looks at a failure of anything here: a token that is refused for good is said. */
  notice(error: unknown): void {
    if (!(error instanceof Problem) || error.status !== 401 || this.signedOut) return;
    this.signedOut = true;
    this.dispatchEvent(new Event('signed-out'));
    this.changed();
  }

  /** Asks how the call stands, now. */
  async beat(): Promise<void> {
    const { call } = this;
    if (!call || call.state !== 'live' || this.stopping.signal.aborted) return;
    const askedAt = performance.now();
    try {
      const signal = AbortSignal.timeout(BEAT_LIMIT_MILLISECONDS);
      const now = await this.client.get('/v1/calls/{callId}', { path: { callId: call.id }, signal });
      if (this.call?.id !== call.id || this.call.state !== 'live' || askedAt < this.#heardAt) return;
      this.signedOut = false;
      this.#hear(askedAt);
      this.#show(now);
      if (now.verification) this.#compare(now.verification);
      this.changed();
    } catch (error) {
      this.notice(error);
    }
  }

  /** From now on nothing counts as heard. */
  protected lose(): void {
    this.#heardAt = Math.min(this.#heardAt, performance.now() - STALE_AFTER_MILLISECONDS - 1);
  }

  #compare(found: Started): void {
    const { asked } = this;
    if (asked?.id !== found.id) {
      // Asked anew, elsewhere: the code is there.
      this.takeAsked({ ...found, code: undefined });
      if (found.status !== 'waiting') void this.#readFindings(found.id);
      return;
    }
    // An answer that was heard of is final; a reply that was on its way may be older.
    if (asked.status !== 'waiting') return;
    this.asked = { ...asked, status: found.status, expiresAt: found.expiresAt, attemptsLeft: found.attemptsLeft };
    if (found.status !== 'waiting') this.#close(found.id);
  }

  #close(id: string): void {
    this.code = null;
    this.display = null;
    void this.#readFindings(id);
  }

  async #readFindings(verificationId: string): Promise<void> {
    try {
      const found = await this.client.get('/v1/verifications/{verificationId}', { path: { verificationId } });
      if (this.asked?.id !== found.id) return;
      this.asked = { ...this.asked, status: found.status, findings: found.findings, reason: found.reason };
      this.changed();
    } catch (error) {
      this.notice(error);
    }
  }

  async #readDisplay(): Promise<void> {
    const { call, asked } = this;
    if (!call || asked?.status !== 'waiting') return;
    try {
      const { data } = await this.client.get('/v1/customers/{customerId}/verifications', {
        path: { customerId: call.customerId },
        query: { status: 'waiting' },
      });
      if (this.asked?.id !== asked.id) return;
      this.display = data.find(({ id }) => id === asked.id)?.display ?? null;
      this.changed();
    } catch (error) {
      this.notice(error);
    }
  }

  async #follow(callId: string): Promise<void> {
    const following = new AbortController();
    this.#following = following;
    try {
      const signal = AbortSignal.any([following.signal, this.stopping.signal]);
      for await (const event of this.client.stream('/v1/calls/{callId}/stream', { path: { callId }, signal }))
        if (this.#following === following) this.#happen(event as StreamEvent);
    } catch (error) {
      // Where there is no stream, the call is asked for at each beat.
      this.notice(error);
    }
  }

  #happen({ type, time, subject, data }: StreamEvent): void {
    const kind = type.replace('countersign.', '');
    this.happened = [{ type: kind, at: time }, ...this.happened].slice(0, MOST_HAPPENED);
    const [about, what = ''] = kind.split('.');
    if (kind === 'call.relay_suspected') this.#alarm();
    if (about === 'verification' && subject === this.asked?.id) this.#answered(what, data ?? {});
    this.changed();
    if (about === 'call' || kind === 'verification.started') void this.beat();
  }

  #answered(what: string, { findings, reason }: Readonly<Record<string, unknown>>): void {
    const asked = this.asked!;
    if (what === 'code_failed') {
      this.codeFailed = true;
      void this.beat();
    }
    if (!CLOSED.includes(what) || asked.status !== 'waiting') return;
    this.asked = {
      ...asked,
      status: what,
      findings: Array.isArray(findings) ? (findings as string[]) : asked.findings,
      reason: typeof reason === 'string' ? reason : asked.reason,
    };
    if (what === 'reported') this.#alarm();
    this.#close(asked.id);
  }

  #alarm(): void {
    if (this.relay) return;
    this.relay = true;
    this.dispatchEvent(new Event('alarm'));
  }

  #show(call: Call): void {
    this.call = call;
    if (call.relaySuspectedAt || call.verification?.status === 'reported') this.#alarm();
    if (call.state === 'live') return;
    this.#following?.abort();
    this.code = this.display = this.bankProof = null;
  }

  #hear(at: number): void {
    this.#heardAt = at;
    this.#heardTime = this.clock.now();
  }
}
