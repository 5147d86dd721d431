import { domainToUnicode } from 'node:url';
import { parse } from 'tldts';
import { skeleton, visible } from './text.js';

/** A link as a browser reads it (WHATWG URL), beside what a person sees. */
export interface Link {
  /** As it was written, without what is invisible. */
  readonly shown: string;
  /** Null where no browser would follow it. */
  readonly target: LinkTarget | null;
}

interface LinkTarget {
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
export type LinkDifference = 'unreadable' | 'userinfo' | 'lookalike' | 'host' | 'scheme' | 'port' | 'path' | 'query' | 'fragment';

const MOST_LINKS = 50;
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const EMAIL = /^(?:mailto:)?([^\s@/:?#]+)@([^\s@/:?#]+)$/iu;

const DOT = '[.\\u3002\\uff0e\\uff61]';
// What is invisible is left to the browser, which drops some of it in a host and follows none of it in a path.
const INNER = '\\p{L}\\p{M}\\p{N}\\p{Default_Ignorable_Code_Point}';
const LABEL = `[\\p{L}\\p{N}](?:[${INNER}_-]{0,80}[${INNER}])?`;
const STOP = '\\s<>"\\u00ab\\u00bb\\u201c\\u201d\\u201e';
// An address with a scheme; an e-mail address; a name with a dot in it, with or without a path. What is no address but
// looks like one, such as "today.Please", is compared as strictly, on both sides.
const LINK = new RegExp(`[a-z][a-z0-9+.-]{1,20}:[/\\\\]{2}[^${STOP}]+|(?:mailto:)?[^\\s@<>"(),:;]{1,64}@${LABEL}(?:${DOT}${LABEL}){1,10}|(?<![${INNER}_-])${LABEL}(?:${DOT}${LABEL}){0,10}${DOT}\\p{L}[${INNER}-]{1,62}(?::\\d{1,5})?(?:[/?#][^${STOP}]*)?`, 'giu');
const TRAILING = /[.,;:!?'’‘)\]}]+$/u;

/** Reads one link, however it is disguised. */
export function readLink(text: string): Link {
  const written = text.toWellFormed().trim();
  return { shown: visible(written).trim(), target: readTarget(written) };
}

/** The links in a text, and the text with a mark in place of each. */
export function findLinks(text: string): { links: Link[]; wording: string } {
  const links: Link[] = [];
  const wording = text.toWellFormed().replace(LINK, (found) => {
    if (links.length === MOST_LINKS) return found;
    const bare = found.replace(TRAILING, '');
    links.push(readLink(bare));
    return ` \u2045link\u2046 ${found.slice(bare.length)}`;
  });
  return { links, wording };
}

/** In what a link differs from each that the bank sent: null where it is one of them, else the nearest and the difference. */
export function compareLink(received: Link, sent: readonly Link[]): { how: LinkDifference; nearest: Link | null } | null {
  let best: { how: LinkDifference; nearest: Link | null } | null = null;
  for (const candidate of sent) {
    const how = differenceOf(received, candidate);
    if (how === null) return null;
    if (best === null || NEARNESS.indexOf(how) > NEARNESS.indexOf(best.how)) best = { how, nearest: candidate };
  }
  return best ?? { how: received.target === null ? 'unreadable' : received.target.userinfo === '' ? 'host' : 'userinfo', nearest: null };
}

const NEARNESS: readonly LinkDifference[] = ['unreadable', 'host', 'userinfo', 'lookalike', 'scheme', 'port', 'path', 'query', 'fragment'];

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

/** Whether a user name before an @ looks like a host that the bank uses: `https://bank.example@evil.example`. */
export function poses(received: Link, sent: readonly Link[]): boolean {
  const { target } = received;
  return target !== null && target.userinfo !== '' && sent.some((link) => link.target?.hostLooks.some((look) => target.userinfo.includes(look)));
}

/** Whoever registered a link's host; the host itself where it is no name. Null for what leads nowhere. */
export function ownerOf({ target }: Link): string | null {
  return target === null ? null : (parse(target.host, { allowPrivateDomains: true }).domain ?? target.host);
}

function readTarget(written: string): LinkTarget | null {
  const email = EMAIL.exec(written);
  if (email) return readEmail(email[1]!, email[2]!);
  const hasScheme = HAS_SCHEME.test(written) && !/^[^/:]+\.[^/:]+:\d/.test(written);
  const address = hasScheme ? written : `https://${written.replace(/^[/\\]+/, '')}`;
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  if (url.hostname === '') return null;
  const host = url.hostname.replace(/\.$/, '');
  const name = /^(?:[a-z][a-z0-9+.-]*:)?[/\\]*(?:[^/\\?#]*@)?([^/\\?#:]*)/i.exec(address)?.[1] ?? '';
  return {
    scheme: hasScheme ? url.protocol : null, host, hostLooks: looksOf(host, name),
    userinfo: look(safelyDecoded(url.username + (url.password === '' ? '' : `:${url.password}`))),
    port: url.port, path: url.pathname, query: url.search, fragment: url.hash,
  };
}

function readEmail(local: string, domain: string): LinkTarget | null {
  if (!URL.canParse(`https://${domain}`)) return null;
  const host = new URL(`https://${domain}`).hostname;
  return { scheme: 'mailto:', host, hostLooks: looksOf(host, domain), userinfo: '', port: '', path: local.toLowerCase(), query: '', fragment: '' };
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
