import { domainToASCII } from 'node:url';
import { parse } from 'tldts';

/** Who hosts for others is no owner: `a.pages.dev` and `b.pages.dev` are different people (public suffix list, private part). */
const SUFFIXES = { allowPrivateDomains: true } as const;
const MOST_HOST = 253;
const NAME = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;
/** Names that stand for hosts in documentation and trials (RFC 2606); no list of domains has them. */
const RESERVED = new Set(['example', 'test']);
const MOST_KNOWN = 5_000;
const known = new Map<string, boolean>();

/** Whether a label, in any script, is a top-level domain: of the ICANN part of the public suffix list, or reserved for examples. */
export function isTopLevelDomain(label: string): boolean {
  const kept = known.get(label);
  if (kept !== undefined) return kept;
  const ascii = domainToASCII(`x.${label}`);
  const answer = ascii !== '' && (RESERVED.has(ascii.slice(2)) || parse(ascii).isIcann === true);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(label, answer);
  return answer;
}

/** Whether a host, as the URL parser gives it, can exist: an address of numbers, or a name under a domain that exists. */
export function canExist(host: string): boolean {
  if (parse(host).isIp === true) return true;
  return host.length <= MOST_HOST && NAME.test(host) && isTopLevelDomain(host.slice(host.lastIndexOf('.') + 1));
}

/** What somebody registered: the name right below a public suffix. Null for an address of numbers, and for a suffix itself. */
export function registeredDomain(host: string): string | null {
  return parse(host, SUFFIXES).domain;
}
