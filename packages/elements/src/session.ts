import {
  type Answerer,
  type Connection,
  devices,
  type KeyStore,
  type ListedDevice,
  now,
  openKeyStore,
  type Question,
  Refused,
  type StoredDevice,
  type TokenSource,
  type Verdict,
  waiting,
  waitingQuestions,
  webCryptoKey,
  whoAmI,
} from '@countersign/device';

/** How to reach the bank, and who is signed in. */
export interface CustomerOptions {
  readonly url: string;
  readonly token: TokenSource;
  /** Asked of the service where it is left out. */
  readonly customerId?: string;
  readonly locale: string;
}

/** Whether this browser can answer: its key is there, was never there (or is gone), or counts no more. */
export type Enrolled = 'asking' | 'yes' | 'no' | 'evicted' | 'revoked';

const HEARTBEAT_MILLISECONDS = 2_500;
const HEARTBEAT_LIMIT_MILLISECONDS = 2_000;
const STALE_AFTER_MILLISECONDS = 5_000;
const TICK_MILLISECONDS = 500;

/**
 * What all parts share: the connection, what waits, the keys of this browser. Tells of changes by the event `change`,
 * and twice a second, while something counts down, by `tick`.
 */
export class CustomerSession extends EventTarget {
  connection: Connection | null = null;
  store: KeyStore | null = null;
  device: StoredDevice | null = null;
  enrolled: Enrolled = 'asking';
  listed: readonly ListedDevice[] = [];
  questions: readonly Question[] = [];
  /** Set where the service does not take the token any more, even after it was renewed. */
  signedOut = false;
  #verdict: Verdict['verdict'] | null = null;
  readonly #options: CustomerOptions;
  readonly #stop = new AbortController();
  #heardAt = -Infinity;
  #wasStale = false;

  constructor(options: CustomerOptions) {
    super();
    this.#options = options;
  }

  /** Whether nothing was heard of the bank for five seconds: then nothing that is shown counts as true. */
  get stale(): boolean {
    return performance.now() - this.#heardAt > STALE_AFTER_MILLISECONDS;
  }

  /** Whether the bank was heard of since the start. */
  get begun(): boolean {
    return this.#heardAt > -Infinity;
  }

  get answerer(): Answerer | null {
    if (this.enrolled !== 'yes' || !this.device) return null;
    const { id, passkey, signing } = this.device;
    if (passkey) return { passkey };
    return signing ? { id, key: webCryptoKey(signing) } : null;
  }

  /** What was said last of the call that goes on: parts that show something calmer listen to it. */
  get lastVerdict(): Verdict['verdict'] | null {
    return this.#verdict;
  }

  set lastVerdict(verdict: Verdict['verdict'] | null) {
    if (verdict === this.#verdict) return;
    this.#verdict = verdict;
    this.changed();
  }

  /** The time by the service's clock, in milliseconds. */
  now(): number {
    return this.connection ? now(this.connection) : Date.now();
  }

  /** Seconds until a moment of the service, by the service's clock. */
  secondsUntil(time: string): number {
    return Math.floor((Date.parse(time) - this.now()) / 1000);
  }

  async start(): Promise<void> {
    const { signal } = this.#stop;
    const ticking = setInterval(() => this.#tick(), TICK_MILLISECONDS);
    const hear = (): void => void this.#hear();
    const beating = setInterval(hear, HEARTBEAT_MILLISECONDS);
    const lose = (): void => this.#lose();
    addEventListener('offline', lose);
    addEventListener('online', hear);
    document.addEventListener('visibilitychange', hear);
    signal.addEventListener('abort', () => {
      clearInterval(ticking);
      clearInterval(beating);
      removeEventListener('offline', lose);
      removeEventListener('online', hear);
      document.removeEventListener('visibilitychange', hear);
    });
    while (!(await this.#identify()) && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, 2_000));
    if (signal.aborted) return;
    this.store = await openKeyStore().catch(() => null);
    await this.refreshDevice();
    await this.#hear();
    await this.#follow();
  }

  stop(): void {
    this.#stop.abort();
    this.questions = [];
    this.connection = null;
  }

  /** Reads again what this browser holds and what the bank has listed. */
  async refreshDevice(): Promise<void> {
    if (!this.connection) return;
    const { customerId } = this.connection;
    try {
      this.device = (await this.store?.load(customerId)) ?? null;
      this.listed = await devices(this.connection);
      const known = this.listed.find(({ id }) => id === this.device?.id);
      if (this.device) this.enrolled = known && known.revokedAt === null ? 'yes' : 'revoked';
      else
        this.enrolled = this.listed.some(({ revokedAt, platform }) => !revokedAt && platform === 'web')
          ? 'evicted'
          : 'no';
    } catch (error) {
      this.notice(error);
      // A customer of whom the bank knows nothing yet has no device there either.
      if (error instanceof Refused && error.status === 404) this.enrolled = this.device ? 'revoked' : 'no';
      else if (this.device) this.enrolled = 'yes';
    }
    this.changed();
  }

  /** Looks at a failure of any part: a token that is refused for good ends the session. */
  notice(error: unknown): void {
    if (!(error instanceof Refused) || error.status !== 401 || this.signedOut) return;
    this.signedOut = true;
    this.changed();
  }

  /** What waits, at once. */
  async refresh(): Promise<void> {
    await this.#hear();
  }

  changed(): void {
    this.dispatchEvent(new Event('change'));
  }

  async #identify(): Promise<boolean> {
    const { url, token, locale, customerId } = this.#options;
    const connection = { url, token, locale, customerId: customerId ?? '' };
    if (customerId) {
      this.connection = connection;
      return true;
    }
    try {
      const me = await whoAmI(connection);
      if (!me.customerId) throw new Refused(403, 'forbidden', {});
      this.connection = { ...connection, customerId: me.customerId };
      return true;
    } catch (error) {
      this.notice(error);
      return false;
    }
  }

  async #hear(): Promise<void> {
    if (!this.connection || this.#stop.signal.aborted || document.visibilityState === 'hidden') return;
    const askedAt = performance.now();
    try {
      const bounded = { ...this.connection, timeoutMilliseconds: HEARTBEAT_LIMIT_MILLISECONDS };
      this.#show(await waitingQuestions(bounded), askedAt);
    } catch (error) {
      this.notice(error);
    }
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const list of waiting(this.connection!, { signal })) this.#show(list, performance.now());
    } catch (error) {
      // Where there is no stream, what waits is asked for at each beat.
      this.notice(error);
    }
  }

  #show(questions: readonly Question[], askedAt: number): void {
    if (this.#stop.signal.aborted || askedAt < this.#heardAt) return;
    this.#heardAt = askedAt;
    const before = JSON.stringify(this.questions);
    this.questions = questions;
    if (this.#wasStale || before !== JSON.stringify(questions)) this.changed();
    this.#wasStale = false;
  }

  #lose(): void {
    this.#heardAt = Math.min(this.#heardAt, performance.now() - STALE_AFTER_MILLISECONDS - 1);
    this.#tick();
  }

  #tick(): void {
    if (this.stale !== this.#wasStale) {
      this.#wasStale = this.stale;
      this.changed();
    }
    this.dispatchEvent(new Event('tick'));
  }
}
