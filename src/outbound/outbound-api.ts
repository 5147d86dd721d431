import { randomUUID } from 'node:crypto';
import { CIRCUIT_LIMITS, CircuitBreaker, type CircuitLimits } from './circuit-breaker.js';

/** Where somebody else's API is, and who we are to it. */
export interface OutboundApiOptions {
  baseUrl: string;
  /** The OAuth 2.0 token endpoint (RFC 6749 section 3.2) that gives out client-credential tokens. */
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** For everything that one request sets off, a fetch of a token included. */
  timeLimitMs: number;
  scope?: string;
  /** The header that carries a new UUID with each request, for the other side's logs. */
  correlationHeader?: string;
  /** For tests and development; otherwise only https is spoken. */
  allowLoopbackHttp?: boolean;
  circuit?: Readonly<CircuitLimits>;
  /** Told of each failure, for logs and counters. Its message holds nothing that was sent or received. */
  onFailure?: (failure: Error) => void;
}

/** What the API said: `body` where it answered 200 with JSON, else null. */
export interface OutboundAnswer {
  status: number;
  body: unknown;
}

/** No answer, or none that can be relied on. */
export class OutboundFailure extends Error {}

const MAX_RESPONSE_BYTES = 64 * 1024;
/** A token is not used in the last seconds of its life, so that it does not lapse on its way. */
const TOKEN_SKEW_S = 30;
const MAX_TOKEN_LIFE_S = 3_600;
/** RFC 6749 section 5.1 lets the server leave the life out. */
const ASSUMED_TOKEN_LIFE_S = 60;
const TOKEN = /^[A-Za-z0-9\-._~+/]{1,8192}=*$/;
/** Answers that say that the API does not work just now, and not that it does not like the request. */
const TRY_LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** A client of one JSON API: tokens, time limit, bounded answers, no redirects, and a circuit breaker. */
export class OutboundApi {
  readonly #options: OutboundApiOptions;
  readonly #circuit: CircuitBreaker;
  readonly #base: string;
  #token: { value: string; until: number } | undefined;
  #fetchingToken: Promise<string> | undefined;

  /**
   * @param now milliseconds of a clock that never goes back
   * @throws Error where an address is not https (or, if allowed, http on this machine)
   */
  constructor(
    options: OutboundApiOptions,
    private readonly now: () => number = () => performance.now(),
  ) {
    for (const address of [options.baseUrl, options.tokenUrl])
      requireConfidential(address, options.allowLoopbackHttp === true);
    this.#options = options;
    this.#base = options.baseUrl.replace(/\/+$/, '');
    this.#circuit = new CircuitBreaker(options.circuit ?? CIRCUIT_LIMITS, now);
  }

  /**
   * Posts JSON. A token that the API no longer accepts is fetched anew, once.
   *
   * @param path begins with `/`
   * @throws OutboundFailure, CircuitOpen
   */
  async post(path: string, body: object): Promise<OutboundAnswer> {
    try {
      return await this.#circuit.run(() => this.#post(`${this.#base}${path}`, JSON.stringify(body)));
    } catch (cause) {
      if (cause instanceof Error) this.#options.onFailure?.(cause);
      throw cause;
    }
  }

  async #post(address: string, body: string): Promise<OutboundAnswer> {
    const signal = AbortSignal.timeout(this.#options.timeLimitMs);
    const send = async (token: string) => {
      const { correlationHeader } = this.#options;
      const correlation = correlationHeader === undefined ? {} : { [correlationHeader]: randomUUID() };
      return fetchOnce(
        address,
        { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...correlation },
        body,
        signal,
      );
    };
    const token = await this.#validToken(signal);
    const answer = await send(token);
    if (answer.status !== 401) return answer;
    if (this.#token?.value === token) this.#token = undefined;
    const second = await send(await this.#validToken(signal));
    if (second.status === 401) throw new OutboundFailure('a new token was refused');
    return second;
  }

  /** Callers at the same time share one fetch, which has the whole time limit to itself. */
  async #validToken(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined && this.now() < this.#token.until) return this.#token.value;
    this.#fetchingToken ??= this.#fetchToken().finally(() => {
      this.#fetchingToken = undefined;
    });
    return untilAborted(this.#fetchingToken, signal);
  }

  async #fetchToken(): Promise<string> {
    const { tokenUrl, clientId, clientSecret, scope, timeLimitMs } = this.#options;
    // RFC 6749 section 2.3.1: each part is form-encoded before the two are joined.
    const credentials = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64');
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) });
    const headers = { authorization: `Basic ${credentials}`, 'content-type': 'application/x-www-form-urlencoded' };
    const startedAt = this.now();
    const { status, body } = await fetchOnce(tokenUrl, headers, form.toString(), AbortSignal.timeout(timeLimitMs));
    const { access_token: value, token_type: type, expires_in: life } = (body ?? {}) as Record<string, unknown>;
    if (status !== 200) throw new OutboundFailure(`the token endpoint answered ${status}`);
    if (
      typeof value !== 'string' ||
      !TOKEN.test(value) ||
      typeof type !== 'string' ||
      type.toLowerCase() !== 'bearer'
    ) {
      throw new OutboundFailure('the token endpoint gave no bearer token');
    }
    const seconds = typeof life === 'number' && life >= 0 ? Math.min(life, MAX_TOKEN_LIFE_S) : ASSUMED_TOKEN_LIFE_S;
    this.#token = { value, until: startedAt + (seconds - TOKEN_SKEW_S) * 1_000 };
    return value;
  }
}

async function fetchOnce(
  address: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      redirect: 'manual',
      headers: { accept: 'application/json', ...headers },
      body,
      signal,
    });
    return await readAnswer(response);
  } catch (cause) {
    if (cause instanceof OutboundFailure) throw cause;
    throw new OutboundFailure(signal.aborted ? 'no answer in time' : `no answer (${reasonOf(cause)})`);
  }
}

/** Why fetch failed, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`: its code alone, since its words may hold the address. */
function reasonOf(failure: unknown): string {
  const { code } = ((failure as Error).cause ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : 'unknown reason';
}

/** 4xx is an answer about this request. Everything else but 200 is a failure, a redirect too: nobody is followed. */
async function readAnswer(response: Response): Promise<OutboundAnswer> {
  const { status } = response;
  if (status !== 200) {
    await response.body?.cancel();
    if (status >= 400 && status < 500 && !TRY_LATER.has(status)) return { status, body: null };
    throw new OutboundFailure(`answered ${status}`);
  }
  if (!/^application\/(json|[\w.-]+\+json)\s*(;|$)/i.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    throw new OutboundFailure('answered with something other than JSON');
  }
  const text = await readBounded(response);
  try {
    return { status, body: JSON.parse(text) };
  } catch {
    throw new OutboundFailure('answered with malformed JSON');
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_RESPONSE_BYTES) throw new OutboundFailure(`answered with more than ${MAX_RESPONSE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function untilAborted<Result>(promise: Promise<Result>, signal: AbortSignal): Promise<Result> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new OutboundFailure('no token in time')), { once: true });
  });
  return Promise.race([promise, aborted]);
}

function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}

function requireConfidential(address: string, allowLoopbackHttp: boolean): void {
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') throw new Error('an address of another API holds credentials');
  const loopback = hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
  if (protocol !== 'https:' && !(allowLoopbackHttp && protocol === 'http:' && loopback))
    throw new Error(`${address} is not https`);
}
