import { LiveCall } from './live-call.js';
import type { Callback, Line, Me, Summary } from './panel-api.js';

const BEAT_MILLISECONDS = 2_000;
const TICK_MILLISECONDS = 500;
/** What can be the id of a customer, and is no other address. */
const CUSTOMER_ID = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;

/** One agent at one call: who they are, which lines there are, what is known of the customer, and the call itself. */
export class PanelSession extends LiveCall {
  me: Me | null = null;
  lines: readonly Line[] = [];
  summary: Summary | null = null;
  summaryAt: number | null = null;
  summaryFailed = false;
  callback: Callback | null = null;
  /** The number of the callback, which is revealed once. */
  number: string | null = null;
  /** The callback that was planned in this call. */
  planned: Callback | null = null;
  #wasStale = false;
  #summaryOf = '';

  /** Whether the call is this agent's. */
  get mine(): boolean {
    return this.call !== null && (this.me === null || this.call.agent.id === this.me.subject);
  }

  start(): void {
    const { signal } = this.stopping;
    const ticking = setInterval(() => this.#tick(), TICK_MILLISECONDS);
    const beating = setInterval(() => void this.beat(), BEAT_MILLISECONDS);
    const lost = (): void => {
      this.lose();
      this.#tick();
    };
    const hear = (): void => void this.beat();
    addEventListener('offline', lost);
    addEventListener('online', hear);
    document.addEventListener('visibilitychange', hear);
    signal.addEventListener('abort', () => {
      clearInterval(ticking);
      clearInterval(beating);
      removeEventListener('offline', lost);
      removeEventListener('online', hear);
      document.removeEventListener('visibilitychange', hear);
    });
    void this.identify();
  }

  stop(): void {
    this.stopping.abort();
    this.forget();
  }

  override forget(): void {
    this.callback = this.number = this.planned = null;
    super.forget();
  }

  /** Asks who is signed in, and which lines there are. */
  async identify(): Promise<void> {
    const { signal } = this.stopping;
    try {
      this.me = await this.client.get('/v1/me', { signal });
      this.signedOut = false;
      this.lines = (await this.client.get('/v1/lines', { query: { limit: 200 }, signal })).data;
    } catch (error) {
      this.notice(error);
    }
    this.changed();
  }

  /** Reads what is known of a customer. Each reading is an event, so it is not done by the clock. */
  async readSummary(customerId: string): Promise<void> {
    this.#summaryOf = customerId;
    this.summary = null;
    this.summaryAt = null;
    this.summaryFailed = false;
    if (!CUSTOMER_ID.test(customerId)) return this.changed();
    try {
      const { signal } = this.stopping;
      const found = await this.client.get('/v1/customers/{customerId}/summary', { path: { customerId }, signal });
      if (this.#summaryOf !== customerId) return;
      this.summary = found;
      this.summaryAt = this.clock.now();
    } catch (error) {
      if (this.#summaryOf !== customerId) return;
      this.summaryFailed = true;
      this.notice(error);
    }
    this.changed();
  }

  #tick(): void {
    if (this.stale !== this.#wasStale) {
      this.#wasStale = this.stale;
      this.dispatchEvent(new Event('stale'));
    }
    this.dispatchEvent(new Event('tick'));
  }
}
