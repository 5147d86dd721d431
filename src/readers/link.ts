import { domainToUnicode } from 'node:url';
import { registeredDomain } from './host.js';
import { unwrap } from './link-wrappers.js';
import { skeleton, visible } from './text.js';
import { parseUrl } from './url.js';

/** A link as a browser reads it (WHATWG URL), beside what a person sees. */
export interface Link {
  /** As it was written, without what is invisible. */
  readonly shown: string;
  /** Where it leads, through pages and gateways that only lead on; null where no browser would follow it, and where nobody can tell. */
  readonly target: LinkTarget | null;
  /** The host of a gateway or page that leads on, where it stands before the target. */
  readonly through: string | null;
}

export interface LinkTarget {
  /** Such as `https:`; null where none was written. */
  readonly scheme: string | null;
  /** In ASCII: other scripts in punycode. */
  readonly host: string;
  /** What the host looks like, as it was written and as browsers show it. */
  readonly hostLooks: readonly string[];
  /** What the part before an @ looks like: it goes nowhere, and can be made to look like a host. */
  readonly userinfo: string;
  readonly port: string;
  readonly path: string;
  readonly query: string;
  readonly fragment: string;
}

/** In what a link differs from one that the bank sent; the first of these that holds. */
export type LinkDifference =
  'unreadable' | 'userinfo' | 'lookalike' | 'host' | 'scheme' | 'port' | 'path' | 'query' | 'fragment';

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const EMAIL = /^(?:mailto:)?((?:[^\s@/:?#]|\ufeff)+)@((?:[^\s@/:?#]|\ufeff)+)(?:(?<=^mailto:.*)[?#].*)?$/isu;

/** Reads one link, however it is disguised. */
export function readLink(text: string): Link {
  const written = text.toWellFormed().trim();
  const shown = visible(written).trim();
  const target = readTarget(written);
  if (target === null || !isWeb(target)) return { shown, target, through: null };
  const url = parseUrl(target.scheme === null ? withScheme(written) : written)!;
  const inner = unwrap(url);
  if (inner === url) return { shown, target, through: null };
  return { shown, target: inner && describe(inner, inner.href, true), through: target.host };
}

/** In what a link differs from each that the bank sent: null where it is one of them, else the nearest and the difference. */
export function compareLink(
  received: Link,
  sent: readonly Link[],
): { how: LinkDifference; nearest: Link | null } | null {
  let best: { how: LinkDifference; nearest: Link | null } | null = null;
  for (const candidate of sent) {
    const how = differenceOf(received, candidate);
    if (how === null) return null;
    if (best === null || NEARNESS.indexOf(how) > NEARNESS.indexOf(best.how)) best = { how, nearest: candidate };
  }
  return (
    best ?? {
      how: received.target === null ? 'unreadable' : received.target.userinfo === '' ? 'host' : 'userinfo',
      nearest: null,
    }
  );
}

const NEARNESS: readonly LinkDifference[] = [
  'unreadable',
  'host',
  'userinfo',
  'lookalike',
  'scheme',
  'port',
  'path',
  'query',
  'fragment',
];

function differenceOf({ shown, target: a }: Link, { shown: sent, target: b }: Link): LinkDifference | null {
  if (a === null || b === null) return a === b && shown === sent ? null : 'unreadable';
  if (a.userinfo !== b.userinfo) return 'userinfo';
  if (a.host !== b.host) return a.hostLooks.some((look) => b.hostLooks.includes(look)) ? 'lookalike' : 'host';
  if (a.scheme !== b.scheme && !(isUnwritten(a, b) || isUnwritten(b, a))) return 'scheme';
  if (a.port !== b.port) return 'port';
  if (a.path !== b.path) return 'path';
  if (a.query !== b.query) return 'query';
  return a.fragment === b.fragment ? null : 'fragment';
}

/** A name without a scheme is opened as a web address, and as nothing else. */
function isUnwritten(a: LinkTarget, b: LinkTarget): boolean {
  return a.scheme === null && (b.scheme === 'https:' || b.scheme === 'http:');
}

/** Whether a browser opens it: with `http:`, `https:`, or no scheme at all. */
export function isWeb({ scheme }: LinkTarget): boolean {
  return scheme === null || scheme === 'https:' || scheme === 'http:';
}

/** Whether a user name before an @ looks like a host that the bank uses: `https://bank.example@evil.example`. */
export function poses(received: Link, sent: readonly Link[]): boolean {
  const { target } = received;
  return (
    target !== null &&
    target.userinfo !== '' &&
    sent.some((link) => link.target?.hostLooks.some((look) => target.userinfo.includes(look)))
  );
}

/** Whoever registered a link's host; the host itself where it is no name. Null for what leads nowhere. */
export function ownerOf({ target }: Link): string | null {
  return target === null ? null : (registeredDomain(target.host) ?? target.host);
}

/** The whole address where a link leads, in ASCII. */
export function hrefOf({ scheme, host, port, path, query, fragment }: LinkTarget): string {
  if (scheme === 'mailto:') return `mailto:${path}@${host}`;
  return `${scheme ?? 'https:'}//${host}${port === '' ? '' : `:${port}`}${path}${query}${fragment}`;
}

function readTarget(written: string): LinkTarget | null {
  const email = EMAIL.exec(written);
  if (email) return readEmail(email[1]!, email[2]!);
  const hasScheme = HAS_SCHEME.test(written) && !/^[^/:]+\.[^/:]+:\d/.test(written);
  const address = hasScheme ? written : withScheme(written);
  const url = parseUrl(address);
  return url && describe(url, address, hasScheme);
}

function withScheme(written: string): string {
  return `https://${written.replace(/^[/\\]+/, '')}`;
}

function describe(url: URL, address: string, hasScheme: boolean): LinkTarget | null {
  const host = url.hostname.replace(/\.$/, '');
  if (host === '') return null;
  const name = /^(?:[a-z][a-z0-9+.-]*:)?[/\\]*(?:[^/\\?#]*@)?([^/\\?#:]*)/i.exec(address)?.[1] ?? '';
  return {
    scheme: hasScheme ? url.protocol : null,
    host,
    hostLooks: looksOf(host, name),
    userinfo: look(safelyDecoded(url.username + (url.password === '' ? '' : `:${url.password}`))),
    port: url.port,
    path: url.pathname,
    query: url.search,
    fragment: url.hash,
  };
}

function readEmail(local: string, domain: string): LinkTarget | null {
  const host = parseUrl(`https://${domain}`)?.hostname;
  if (host === undefined) return null;
  return {
    scheme: 'mailto:',
    host,
    hostLooks: looksOf(host, domain),
    userinfo: '',
    port: '',
    path: local.toLowerCase(),
    query: '',
    fragment: '',
  };
}

function looksOf(host: string, written: string): string[] {
  return [...new Set([look(domainToUnicode(host)), look(written)])].filter((one) => one !== '');
}

/** Lower case only after the skeleton, which sees a capital I as an l. */
function look(text: string): string {
  return skeleton(text).toLowerCase();
}

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
