import { randomUUID } from 'node:crypto';

export const LINE = '+442079460100';
const REQUEST_MS = 15_000;
const RETRY_MS = 50;

/** A call of which the service said that it is declared, and perhaps that it has ended. */
export interface Acknowledged {
  readonly callId: string;
  ended: boolean;
  /** When each was first asked for and when it was acknowledged, in milliseconds of the wall clock. */
  readonly declaration: Span;
  end?: Span;
}

interface Span {
  readonly askedAt: number;
  readonly doneAt: number;
}

/** How one request went: when it was sent and answered, and whether it was answered as it should be. */
export interface Attempt {
  readonly kind: 'verdict' | 'decision';
  readonly sentAt: number;
  readonly endedAt: number;
  readonly isRight: boolean;
  /** Told to wait for what may still be under way under its key (409). */
  readonly isHeld: boolean;
}

export interface BankOptions {
  /** Addresses of services, of which each request takes the next. */
  readonly urls: () => readonly string[];
  readonly tokens: { readonly app: string; readonly agent: string };
  readonly workers: number;
}

/**
 * A bank at work: calls are declared, asked about, ended and asked about again, without pause. What the service acknowledged
 * is kept, to be looked for afterwards.
 */
export class Bank {
  readonly ledger = new Map<string, Acknowledged>();
  readonly attempts: Attempt[] = [];
  /** Verdicts that were asked for after a call had ended, and said that it was live. */
  stale = 0;
  private running = false;
  private next = 0;
  private work: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: BankOptions) {}

  start(): void {
    this.running = true;
    this.work = Promise.all(Array.from({ length: this.options.workers }, () => this.act()));
  }

  /** Lets each worker end the call that it is at. */
  async stop(): Promise<void> {
    this.running = false;
    await this.work;
  }

  /** Attempts that were sent since a moment (`performance.now()`). */
  since(moment: number, kind: Attempt['kind']): Attempt[] {
    return this.attempts.filter((attempt) => attempt.kind === kind && attempt.sentAt >= moment);
  }

  private async act(): Promise<void> {
    while (this.running) {
      const customerId = `drill-${randomUUID()}`;
      let askedAt = Date.now();
      const call = await this.insist<{ id: string }>('/v1/calls', {
        customerId,
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment we stopped',
        agent: { department: 'Fraud Operations' },
      });
      if (!call) return;
      const declaration = { askedAt, doneAt: Date.now() };
      const acknowledged: Acknowledged = { callId: call.id, ended: false, declaration };
      this.ledger.set(call.id, acknowledged);
      await this.ask(customerId, (verdict) => verdict === 'legitimate');
      askedAt = Date.now();
      if (!(await this.insist(`/v1/calls/${call.id}/end`))) return;
      acknowledged.ended = true;
      acknowledged.end = { askedAt, doneAt: Date.now() };
      await this.ask(customerId, (verdict) => {
        if (verdict === 'legitimate') this.stale += 1;
        return verdict === 'not_legitimate';
      });
    }
  }

  private async ask(customerId: string, isRight: (verdict: string | undefined) => boolean): Promise<void> {
    const sentAt = performance.now();
    const answer = await this.post(`/v1/customers/${customerId}/call-verdicts`, this.options.tokens.app, {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    const { verdict } = (answer?.body ?? {}) as { verdict?: string };
    this.attempts.push({
      kind: 'verdict',
      sentAt,
      endedAt: performance.now(),
      isRight: isRight(verdict),
      isHeld: false,
    });
    if (!answer) await pause(RETRY_MS);
  }

  /** Sends it under one key until the service says that it is done; null where the drill ended before. */
  private async insist<Body>(path: string, body?: object): Promise<Body | null> {
    const key = randomUUID();
    for (;;) {
      const sentAt = performance.now();
      const answer = await this.post(path, this.options.tokens.agent, body, key);
      const isRight = answer !== null && answer.status >= 200 && answer.status < 300;
      this.attempts.push({
        kind: 'decision',
        sentAt,
        endedAt: performance.now(),
        isRight,
        isHeld: answer?.status === 409,
      });
      if (isRight) return answer.body as Body;
      if (answer && answer.status < 500 && answer.status !== 409 && answer.status !== 429)
        throw new Error(
          `${path.replace(/call_\w+/, '…')}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`,
        );
      if (!this.running) return null;
      await pause(RETRY_MS);
    }
  }

  private async post(
    path: string,
    token: string,
    body?: object,
    key?: string,
  ): Promise<{ status: number; body: unknown } | null> {
    const urls = this.options.urls();
    const url = urls[(this.next += 1) % urls.length]!;
    try {
      const response = await fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          ...(body ? { 'content-type': 'application/json' } : {}),
          ...(key ? { 'idempotency-key': key } : {}),
        },
        signal: AbortSignal.timeout(REQUEST_MS),
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return { status: response.status, body: await response.json() };
    } catch {
      return null;
    }
  }
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Registers the bank's line, from which its calls are. */
export async function registerLine(url: string, adminToken: string): Promise<void> {
  const answer = await fetch(`${url}/v1/lines/${encodeURIComponent(LINE)}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ use: 'outbound', label: 'Fraud Operations' }),
  });
  if (!answer.ok) throw new Error(`the line: ${answer.status} ${await answer.text()}`);
}
