import { ConnectionLost, Problem } from '@countersign/client';
import type { CallbackResult, Direction } from './panel-api.js';
import type { PanelSession } from './panel-session.js';

/** A call as it is about to be declared. */
export interface Draft {
  readonly customerId: string;
  readonly direction: Direction;
  readonly line: string;
  readonly purpose: string;
  readonly department: string;
  readonly externalId: string;
  readonly externalSystem: string;
}

/** What went wrong with the last thing that was done. */
export interface Failure {
  /** The key of a message, without its group. */
  readonly problem: string;
  readonly values: Readonly<Record<string, string | number>>;
}

type Tell = (name: string, detail: Readonly<Record<string, unknown>>) => void;

/** What an agent can do. */
export type Doing =
  | 'declare'
  | 'ask'
  | 'take-back'
  | 'end'
  | 'bank-proof'
  | 'customer-proof'
  | 'transfer'
  | 'take-over'
  | 'plan-callback'
  | 'claim'
  | 'outcome'
  | 'open';

/**
 * What an agent does, each once: a second press while the first runs does nothing, and one after a lost connection sends
 * the same request under the same idempotency key.
 */
export class PanelActions {
  failure: Failure | null = null;
  readonly #keys = new Map<string, string>();
  readonly #running = new Set<Doing>();

  constructor(
    private readonly session: PanelSession,
    private readonly tell: Tell,
  ) {}

  /** Whether something runs, or one thing of all. */
  runs(what?: Doing): boolean {
    return what === undefined ? this.#running.size > 0 : this.#running.has(what);
  }

  /** Declares the call, and with `verify` asks the customer. */
  declare(draft: Draft, verify: boolean): Promise<boolean> {
    const { customerId, direction, purpose, line, department, externalId, externalSystem } = draft;
    const body = {
      customerId,
      direction,
      purpose,
      verify,
      ...(line === '' ? {} : { line }),
      ...(department === '' ? {} : { agent: { department } }),
      ...(externalId === '' ? {} : { externalId }),
      ...(externalSystem === '' ? {} : { externalSystem }),
    };
    return this.#once('declare', body, async (idempotencyKey) => {
      const call = await this.session.client.post('/v1/calls', { body, idempotencyKey });
      this.session.take(call);
      this.tell('call-declared', { callId: call.id, reference: call.reference, direction, customerId });
      if (call.verification) this.tell('asked', { callId: call.id, verificationId: call.verification.id });
    });
  }

  /** Says why something is not even tried. */
  refuse(problem: string): void {
    this.failure = { problem, values: { code: problem } };
    this.session.changed();
  }

  ask(): Promise<boolean> {
    return this.#inCall('ask', async (callId, idempotencyKey) => {
      const asked = await this.session.client.post('/v1/calls/{callId}/verification', {
        path: { callId },
        idempotencyKey,
      });
      this.session.takeAsked(asked);
      this.tell('asked', { callId, verificationId: asked.id });
    });
  }

  takeBack(): Promise<boolean> {
    const verificationId = this.session.asked?.id ?? '';
    return this.#once('take-back', verificationId, async (idempotencyKey) => {
      await this.session.client.post('/v1/verifications/{verificationId}/cancel', {
        path: { verificationId },
        idempotencyKey,
      });
      await this.session.beat();
    });
  }

  end(): Promise<boolean> {
    return this.#inCall('end', async (callId, idempotencyKey) => {
      const { session } = this;
      const call = await session.client.post('/v1/calls/{callId}/end', { path: { callId }, idempotencyKey });
      session.ended(call);
      this.tell('call-ended', { callId });
    });
  }

  showBankProof(): Promise<boolean> {
    return this.#inCall('bank-proof', async (callId, idempotencyKey) => {
      const { bankProof } = await this.session.client.post('/v1/calls/{callId}/offline-proof', {
        path: { callId },
        idempotencyKey,
      });
      this.session.showBankProof(bankProof ?? null);
    });
  }

  /** Only for a call that the customer placed: on any other nobody may read a code to the bank (domain rule 1). */
  checkCustomerProof(customerProof: string): Promise<boolean> {
    if (this.session.call?.direction !== 'inbound') throw new TypeError('nobody reads a code to the bank here');
    return this.#inCall(
      'customer-proof',
      async (callId, idempotencyKey) => {
        const { findings = [] } = await this.session.client.post('/v1/calls/{callId}/offline-proof', {
          path: { callId },
          body: { customerProof },
          idempotencyKey,
        });
        this.session.customerProof = { findings };
        this.tell('customer-proved', { callId, findings });
      },
      customerProof,
    );
  }

  transfer(to: string): Promise<boolean> {
    return this.#inCall(
      'transfer',
      async (callId, idempotencyKey) => {
        await this.session.client.post('/v1/calls/{callId}/transfer', {
          path: { callId },
          body: { to },
          idempotencyKey,
        });
        await this.session.beat();
        this.tell('call-offered', { callId, to });
      },
      to,
    );
  }

  takeOver(): Promise<boolean> {
    return this.#inCall('take-over', async (callId, idempotencyKey) => {
      await this.session.client.post('/v1/calls/{callId}/take-over', { path: { callId }, idempotencyKey });
      await this.session.beat();
      this.tell('call-taken-over', { callId });
    });
  }

  /** Plans to ring the customer back about this call. */
  planCallback(reason: string): Promise<boolean> {
    const call = this.session.call!;
    const body = { customerId: call.customerId, reason, about: call.id };
    return this.#once('plan-callback', body, async (idempotencyKey) => {
      const planned = await this.session.client.post('/v1/callbacks', { body, idempotencyKey });
      this.session.planned = planned;
      this.tell('callback-planned', { callbackId: planned.id, reference: planned.reference });
    });
  }

  /** Takes a callback: the number to dial, and a declared call with its code, are in this answer alone. */
  claim(callbackId: string, { line, department }: Draft): Promise<boolean> {
    const body = { ...(line === '' ? {} : { line }), ...(department === '' ? {} : { department }) };
    return this.#once('claim', { callbackId, ...body }, async (idempotencyKey) => {
      const { number, call, callback } = await this.session.client.post('/v1/callbacks/{callbackId}/claim', {
        path: { callbackId },
        body,
        idempotencyKey,
      });
      this.session.take(call);
      Object.assign(this.session, { callback, number });
      this.tell('callback-claimed', { callbackId, callId: call.id });
    });
  }

  outcome(result: CallbackResult): Promise<boolean> {
    const { id: callbackId } = this.session.callback!;
    const body = { result };
    return this.#once('outcome', { callbackId, ...body }, async (idempotencyKey) => {
      this.session.callback = await this.session.client.post('/v1/callbacks/{callbackId}/outcome', {
        path: { callbackId },
        body,
        idempotencyKey,
      });
      this.session.number = null;
      await this.session.beat();
      this.tell('callback-outcome', { callbackId, result, status: this.session.callback.status });
    });
  }

  /** Opens a call that goes on, such as after a page was loaded again. */
  open(callId: string): Promise<boolean> {
    return this.#once('open', callId, () => this.session.open(callId));
  }

  #inCall(
    what: Doing,
    action: (callId: string, idempotencyKey: string) => Promise<void>,
    more: unknown = null,
  ): Promise<boolean> {
    const callId = this.session.call?.id ?? '';
    const about = [callId, this.session.asked?.id ?? null, more];
    return this.#once(what, about, (idempotencyKey) => action(callId, idempotencyKey));
  }

  async #once(what: Doing, about: unknown, action: (idempotencyKey: string) => Promise<void>): Promise<boolean> {
    if (this.#running.has(what)) return false;
    const intent = `${what} ${JSON.stringify(about)}`;
    const idempotencyKey = this.#keys.get(intent) ?? crypto.randomUUID();
    this.#keys.set(intent, idempotencyKey);
    this.#running.add(what);
    this.failure = null;
    this.session.changed();
    try {
      await action(idempotencyKey);
      this.#keys.delete(intent);
      return true;
    } catch (error) {
      // What became of it is not known: the same press again has to be the same request.
      if (!(error instanceof ConnectionLost)) this.#keys.delete(intent);
      this.session.notice(error);
      this.failure = failureOf(error);
      return false;
    } finally {
      this.#running.delete(what);
      this.session.changed();
    }
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Problem)) return { problem: 'lost', values: {} };
  const { status, slug, errors, retryAfterSeconds } = error;
  const values = { code: slug, seconds: retryAfterSeconds ?? 60, detail: errors[0]?.detail ?? slug };
  if (status === 401) return { problem: 'signedOut', values };
  if (status >= 500) return { problem: 'unavailable', values };
  // What cannot be a code is refused before it is counted.
  if (errors.some(({ pointer }) => pointer === '#/customerProof')) return { problem: 'not-a-code', values };
  return { problem: slug, values };
}
