import { type LookupAddress, lookup as systemLookup, type LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { OnModuleDestroy } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector } from 'undici';
import { parseUrl } from '../readers/url.js';

/** Why a request was not sent, or not finished. No member holds anything that was received. */
export type EgressFailure = 'blocked' | 'name' | 'refused' | 'tls' | 'timeout' | 'connection' | 'stopped';

export class EgressFailed extends Error {
  constructor(readonly reason: EgressFailure) {
    super(`the request failed: ${reason}`);
  }
}

/** Thrown where an address may not be reached from here. */
class EgressBlocked extends Error {
  readonly code = 'EGRESS_BLOCKED';
}

export interface EgressOptions {
  /** CIDR ranges that may be reached although they are not public. */
  readonly allow: readonly string[];
  readonly allowHttp: boolean;
  /** Stands in for the system's resolver in tests. */
  readonly lookup?: LookupFunction;
}

export interface EgressRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** From the beginning to the last byte. */
  readonly totalMs: number;
  /** How much of the answer's body is kept; by default nothing. */
  readonly keepBytes?: number;
}

export interface EgressAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** How the body begins, as far as it was to be kept. */
  readonly beginning: Buffer;
}

const CONNECT_MS = 5_000;
const HEADERS_MS = 10_000;
/** More of a body than this is not read. */
const MOST_BODY_BYTES = 64 * 1024;
const CONNECTIONS_PER_ORIGIN = 32;
/** What ipaddr.js takes for public and is not. */
const SPECIAL = ['198.18.0.0/15', '192.88.99.0/24', '3fff::/20', '2001::/23', '2001:db8::/32', '2620:4f:8000::/48'].map(
  (range) => ipaddr.parseCIDR(range),
);
/** All that is routed in IPv6 lies here: neither the mapped, NAT64 and site-local forms nor any that a future gives another meaning. */
const GLOBAL_IPV6 = ipaddr.parseCIDR('2000::/3');

/** Whether a text is a CIDR range. */
export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}

/**
 * Sends requests to addresses that others chose. Each address is judged when the connection is made, after its name
 * was resolved, so that neither a literal address nor a name that changes its mind leads inside. No redirect is followed.
 */
export class EgressGuard implements OnModuleDestroy {
  private readonly allow: readonly [ipaddr.IPv4 | ipaddr.IPv6, number][];
  private readonly agent: Agent;
  private closed = false;

  constructor(private readonly options: EgressOptions) {
    this.allow = options.allow.map((range) => ipaddr.parseCIDR(range));
    this.agent = new Agent({
      connect: this.connector(),
      connections: CONNECTIONS_PER_ORIGIN,
      pipelining: 1,
      headersTimeout: HEADERS_MS,
      bodyTimeout: HEADERS_MS,
      keepAliveTimeout: 10_000,
    });
  }

  /** Whether an address may be reached: a public one, or one of the ranges that the operator names. */
  permits(address: string): boolean {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    if (this.allow.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits))) return true;
    if (SPECIAL.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits))) return false;
    return parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(GLOBAL_IPV6));
  }

  /** What is wrong with an address that somebody wants requests sent to, as far as that shows before its name is resolved; or null. */
  faultOf(text: string): string | null {
    const url = parseUrl(text);
    if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'must be an https URL';
    if (url.protocol === 'http:' && !this.options.allowHttp) return 'must be https';
    if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
    if (url.hash !== '') return 'must not have a fragment';
    const literal = literalOf(url.hostname);
    return literal !== null && !this.permits(literal)
      ? 'must be a public address, or one that the operator allows (EGRESS_ALLOW)'
      : null;
  }

  /** Posts, and drains the answer's body. @throws EgressFailed */
  async post({ url, headers, body, totalMs, keepBytes = 0 }: EgressRequest): Promise<EgressAnswer> {
    if (this.faultOf(url) !== null) throw new EgressFailed('blocked');
    const signal = AbortSignal.timeout(totalMs);
    try {
      const answer = await this.agent.request({
        origin: new URL(url).origin,
        path: pathOf(url),
        method: 'POST',
        headers,
        body,
        signal,
      });
      const retryAfter = answer.headers['retry-after'];
      const beginning = await drain(answer.body, keepBytes);
      return { status: answer.statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : null, beginning };
    } catch (error) {
      throw new EgressFailed(this.closed ? 'stopped' : signal.aborted ? 'timeout' : reasonOf(error));
    }
  }

  /** Ends what is under way: before anything that stops waits for it. */
  async onModuleDestroy(): Promise<void> {
    this.closed = true;
    await this.agent.destroy();
  }

  private connector(): buildConnector.connector {
    const connect = buildConnector({ timeout: CONNECT_MS, lookup: this.lookup() });
    return (options, callback) => {
      const literal = literalOf(options.hostname);
      if (literal !== null && !this.permits(literal)) return callback(new EgressBlocked(), null);
      connect(options, (...[error, socket]: Parameters<buildConnector.Callback>) => {
        if (error) return callback(error, null);
        if (socket.remoteAddress !== undefined && !this.permits(socket.remoteAddress)) {
          socket.destroy();
          return callback(new EgressBlocked(), null);
        }
        callback(null, socket);
      });
    };
  }

  /** Resolves a name, and refuses it where any of its addresses may not be reached. */
  private lookup(): LookupFunction {
    const resolve = this.options.lookup ?? (systemLookup as LookupFunction);
    return (hostname, options: LookupOptions, callback) => {
      resolve(hostname, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, '', 0);
        const found = addresses as unknown as LookupAddress[];
        if (found.length === 0 || !found.every(({ address }) => this.permits(address)))
          return callback(new EgressBlocked(), '', 0);
        if (options.all) return (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, found);
        callback(null, found[0]!.address, found[0]!.family);
      });
    };
  }
}

/** The address in a URL's host, or null where the host is a name. WHATWG URL has turned every other way to write one into these. */
function literalOf(hostname: string): string | null {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) === 0 ? null : bare;
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** Reads a body to its end, so that the connection can be used again, or destroys it where there is too much of it. Returns how it begins. */
async function drain(
  body: AsyncIterable<Buffer> & { destroy(): unknown; on(event: 'error', listener: () => void): unknown },
  keepBytes: number,
): Promise<Buffer> {
  body.on('error', () => undefined);
  let bytes = 0;
  let beginning = Buffer.alloc(0);
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      if (beginning.length < keepBytes) beginning = Buffer.concat([beginning, chunk]).subarray(0, keepBytes);
      if (bytes > MOST_BODY_BYTES) break;
    }
  } catch {
    // The status has been said; how the body ends changes nothing.
  }
  if (bytes > MOST_BODY_BYTES) body.destroy();
  return beginning;
}

const NAME_ERRORS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'ENODATA', 'ESERVFAIL']);

function reasonOf(error: unknown): EgressFailure {
  const { code = '' } = ((error instanceof AggregateError ? error.errors[0] : error) ?? {}) as { code?: string };
  if (code === 'EGRESS_BLOCKED') return 'blocked';
  if (NAME_ERRORS.has(code)) return 'name';
  if (code === 'ECONNREFUSED') return 'refused';
  if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(code)) return 'tls';
  return 'connection';
}
