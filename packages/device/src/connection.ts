/** Gives the access token; asked with `renew` after one was refused. */
export type TokenSource = (options: { readonly renew: boolean }) => string | Promise<string>;

/** How to reach the bank, for one customer. */
export interface Connection {
  /** Where the service is, such as `https://verify.bank.example`. */
  readonly url: string;
  /** The bank's own id of the customer. */
  readonly customerId: string;
  readonly token: TokenSource;
  /** For the words in replies; else the customer's own locale. */
  readonly locale?: string;
  /** How long an ordinary request may take; 10,000 by default. */
  readonly timeoutMilliseconds?: number;
  /** In place of the platform's. */
  readonly fetch?: typeof fetch;
}

/** A refusal of the service (RFC 9457). */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly status: number,
    /** The last segment of the problem's `type`, such as `code-mismatch`; `unknown` where none was given. */
    readonly problem: string,
    /** The whole problem, such as with `attemptsLeft` or `errors`. */
    readonly details: Readonly<Record<string, unknown>>,
  ) {
    super(`${status} ${problem}`);
  }

  /** How long to wait before another try, in seconds, where the service said so. */
  get retryAfterSeconds(): number | undefined {
    const seconds = this.details['retryAfterSeconds'];
    return typeof seconds === 'number' ? seconds : undefined;
  }
}

/** Nothing came back, too late, or not what the service says. Whether it was done is not known. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMilliseconds?: number;
  readonly signal?: AbortSignal;
  /** Sent again with the same key, it is done once. */
  readonly idempotencyKey?: string;
}

const clockOffsets = new WeakMap<Connection, number>();

/** The time by the service's clock, in milliseconds: the phone's own until the first reply. */
export function now(connection: Connection): number {
  return Date.now() + (clockOffsets.get(connection) ?? 0);
}

/** Whether a reply has told the service's time. */
export function clockIsKnown(connection: Connection): boolean {
  return clockOffsets.has(connection);
}

/** The path of a resource of this customer. @throws TypeError for an id of dots, which would be another path. */
export function ofCustomer(connection: Connection, path: string): string {
  if (/^\.{0,2}$/.test(connection.customerId)) throw new TypeError('this customer id cannot be in an address');
  return `/v1/customers/${encodeURIComponent(connection.customerId)}${path}`;
}

/**
 * Asks the service, once more with a new token where the token was refused.
 *
 * @returns the body; `undefined` for 204 and 304.
 * @throws Refused with the service's problem; Unreachable where no reply came that can be read.
 */
export async function request<T>(connection: Connection, path: string, options: RequestOptions = {}): Promise<T> {
  const deadline = AbortSignal.timeout(options.timeoutMilliseconds ?? connection.timeoutMilliseconds ?? 10_000);
  const signal = options.signal ? anyOf(options.signal, deadline) : deadline;
  const response = await send(connection, path, options, signal);
  try {
    if (response.status === 204 || response.status === 304) return undefined as T;
    const body: unknown = await response.json();
    if (response.ok) return body as T;
    throw refusal(response, body);
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (!response.ok) throw refusal(response, null);
    throw new Unreachable('The reply could not be read.', { cause: error });
  }
}

/** The response itself, with a token that was renewed once where it was refused. @throws Unreachable */
export async function send(
  connection: Connection,
  path: string,
  options: RequestOptions,
  signal: AbortSignal,
): Promise<Response> {
  const first = await sendOnce(connection, path, options, signal, false);
  if (first.status !== 401) return first;
  await first.body?.cancel().catch(() => undefined);
  return sendOnce(connection, path, options, signal, true);
}

async function sendOnce(
  connection: Connection,
  path: string,
  { method = 'GET', body, headers, idempotencyKey }: RequestOptions,
  signal: AbortSignal,
  renew: boolean,
): Promise<Response> {
  try {
    const token = await connection.token({ renew });
    const response = await (connection.fetch ?? fetch)(connection.url.replace(/\/+$/, '') + path, {
      method,
      signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      referrerPolicy: 'no-referrer',
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(connection.locale === undefined ? {} : { 'accept-language': connection.locale }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) clockOffsets.set(connection, date - Date.now());
    return response;
  } catch (error) {
    throw new Unreachable('The bank could not be reached.', { cause: error });
  }
}

function refusal(response: Response, body: unknown): Refused {
  const details = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const problem = typeof details['type'] === 'string' ? details['type'].split('/').at(-1)! : 'unknown';
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return new Refused(response.status, problem, {
    ...details,
    ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
  });
}

/** `AbortSignal.any`, which not every platform has. */
function anyOf(one: AbortSignal, other: AbortSignal): AbortSignal {
  if (typeof AbortSignal.any === 'function') return AbortSignal.any([one, other]);
  const controller = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

/** A key for one request that may be sent again: 128 random bits. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A request that is done once, however often it is sent. */
export interface Prepared<T> {
  /** @throws Refused; Unreachable, where nobody knows what became of it: sent again, it is the same request. */
  readonly send: () => Promise<T>;
}

/** A POST under a key of its own, the same each time that it is sent. */
export function prepared<Reply, T>(
  connection: Connection,
  path: string,
  body: unknown,
  read: (reply: Reply) => T | Promise<T>,
): Prepared<T> {
  const options = { method: 'POST', body, idempotencyKey: newIdempotencyKey() } as const;
  return { send: async () => read(await request<Reply>(connection, path, options)) };
}
