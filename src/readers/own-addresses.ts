import { canExist, registeredDomain } from './host.js';
import { compareLink, isWeb, type Link, readLink } from './link.js';
import { holderOf, isSharedHost, type SharedHosts } from './shared-hosts.js';

/** Addresses that lead to the bank. */
export interface OwnAddresses {
  /** Hosts in ASCII, each with everything under it. */
  readonly hosts: ReadonlySet<string>;
  /** Addresses that lead to the bank on hosts that it shares with others: pages, and mail. */
  readonly links: readonly Link[];
}

export const NO_ADDRESSES: OwnAddresses = { hosts: new Set(), links: [] };

/** Reads what a bank says is its own: each is a host, an e-mail address or a web address that was checked before. */
export function readOwnAddresses({
  hosts,
  mail,
  links,
}: {
  readonly hosts: readonly string[];
  readonly mail: readonly string[];
  readonly links: readonly string[];
}): OwnAddresses {
  return { hosts: new Set(hosts.flatMap((host) => readOwnHost(host) ?? [])), links: [...mail, ...links].map(readLink) };
}

/** The host of a bank in ASCII; null for what is no name, or a domain under which others can register. */
export function readOwnHost(text: string): string | null {
  const { target } = readLink(text);
  const isHost =
    target !== null &&
    target.scheme === null &&
    target.path === '/' &&
    target.userinfo + target.port + target.query + target.fragment === '' &&
    !/[/\\?#@:]/.test(text);
  return isHost && canExist(target.host) && registeredDomain(target.host) !== null ? target.host : null;
}

/** An e-mail address that can be one. */
export function isMailAddress(text: string): boolean {
  const { target } = readLink(text);
  return target !== null && target.scheme === 'mailto:' && !/^mailto:/i.test(text) && canExist(target.host);
}

/** A web address under a domain that exists. */
export function isWebAddress(text: string): boolean {
  const { target } = readLink(text);
  return target !== null && isWeb(target) && canExist(target.host);
}

/** What the links of a bank's own messages say about its addresses: whoever registered their hosts, unless those are shared. */
export function ownAddressesIn(links: readonly Link[], shared: SharedHosts): OwnAddresses {
  const known = links.filter(({ target }) => target !== null && canExist(target.host));
  const [onShared, own] = [true, false].map((is) =>
    known.filter(({ target }) => isSharedHost(target!.host, shared) === is),
  ) as [Link[], Link[]];
  return { hosts: new Set(own.map(({ target }) => holderOf(target!.host, shared) ?? target!.host)), links: onShared };
}

export function joinAddresses(one: OwnAddresses, other: OwnAddresses): OwnAddresses {
  return { hosts: new Set([...one.hosts, ...other.hosts]), links: [...one.links, ...other.links] };
}

/** Whether a host is the bank's. */
export function isOwnHost(host: string, own: OwnAddresses): boolean {
  for (let name = host; ; name = name.slice(name.indexOf('.') + 1)) {
    if (own.hosts.has(name)) return true;
    if (!name.includes('.')) return false;
  }
}

/** Whether a link leads to the bank: to a page or address of its own, or anywhere at one of its hosts, by the usual port. */
export function leadsToOwn(link: Link, own: OwnAddresses): boolean {
  const { target } = link;
  if (target === null || target.userinfo !== '') return false;
  if (target.port === '' && (isWeb(target) || target.scheme === 'mailto:') && isOwnHost(target.host, own)) return true;
  return compareLink(link, own.links) === null;
}

/** Whether a link is one of the bank's addresses itself, or the home page or an e-mail address at one of its hosts. */
export function isOwnAddress(link: Link, own: OwnAddresses): boolean {
  const { target } = link;
  if (target === null || !leadsToOwn(link, own)) return false;
  return (
    target.scheme === 'mailto:' ||
    (target.path === '/' && target.query === '' && target.fragment === '') ||
    compareLink(link, own.links) === null
  );
}
