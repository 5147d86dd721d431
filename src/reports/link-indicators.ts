import ipaddr from 'ipaddr.js';
import { type Link, type LinkTarget, readLink } from '../readers/link.js';
import { findLinks, leadsToWeb } from '../readers/link-finder.js';
import { isOwnHost, leadsToOwn, NO_ADDRESSES, type OwnAddresses } from '../readers/own-addresses.js';
import { holderOf, sharedHosts, type SharedHosts } from '../readers/shared-hosts.js';
import { JOIN, withPossibleParts } from '../readers/message-parts.js';
import { withoutNoncharacters } from '../readers/strays.js';
import { refanged, undoTransport } from '../readers/transport.js';

/** What a bank knows of hosts: those of its own, and those where everybody can have a page. */
export interface KnownHosts {
  readonly own: OwnAddresses;
  readonly shared: SharedHosts;
}

/** By what links of different reports can be alike. */
interface LinkIndicator {
  readonly kind: 'host' | 'link';
  readonly value: string;
}

export const SHIPPED_HOSTS: KnownHosts = { own: NO_ADDRESSES, shared: sharedHosts() };

const MOST_LINKS = 20;
const MOST_VALUE = 253;
const OF_NOBODY = new Set(['private', 'loopback', 'linkLocal', 'uniqueLocal', 'unspecified']);

/** The web links in what a customer pasted, each host once and in order: those that were given as links first. Never throws. */
export function readWebLinks(links: readonly string[], text: string): Link[] {
  const byHost = new Map<string, Link>();
  const values = new Map<string, Link>();
  for (const link of [...links.flatMap(linksGiven), ...linksIn(text)]) {
    const address = addressOf(link);
    if (values.has(address)) continue;
    if (byHost.size === MOST_LINKS && !byHost.has(hostOf(link))) break;
    byHost.set(hostOf(link), link);
    values.set(address, link);
    if (values.size === 2 * MOST_LINKS) break;
  }
  return [...values.values()];
}

/** The host that a browser would go to, in ASCII; that of a gateway which does not say where it leads on. */
export function hostOf({ target, through }: Link): string {
  return target?.host ?? through!;
}

/**
 * By what links of different reports can be alike: the host, and whoever holds it. At a host where everybody can have a page
 * it is the page; its query is hidden, since it may name a customer. Nothing for what is the bank's own.
 */
export function linkIndicators(
  links: readonly Link[],
  { own, shared }: KnownHosts,
  hide: (text: string) => string,
): LinkIndicator[] {
  const found = links.filter(
    (link) => !isOwnHost(hostOf(link), own) && !leadsToOwn(link, own) && !isOfNobody(hostOf(link)),
  );
  const values = found.flatMap((link): LinkIndicator[] => {
    const host = hostOf(link);
    const holder = holderOf(host, shared);
    if (holder !== null) return [host, holder].map((value) => ({ kind: 'host', value }));
    const page = link.target === null ? null : pageOf(link.target, hide);
    return page === null ? [] : [{ kind: 'link', value: page }];
  });
  return values.filter(
    ({ kind, value }, index) => values.findIndex((one) => one.kind === kind && one.value === value) === index,
  );
}

/** A link that was given as one; what stands around it may have been pasted too. */
function linksGiven(text: string): Link[] {
  const link = readLink(text);
  return leadsToWeb(link) ? [link] : linksIn(text);
}

function linksIn(text: string): Link[] {
  const { text: undone, joined, guessed } = undoTransport(withoutNoncharacters(text));
  const parts = [guessed, withPossibleParts(undone)].filter((parted) => parted !== null);
  const ways = [
    ...new Set([
      joined ?? undone,
      undone.replaceAll(JOIN, ' '),
      refanged(undone) ?? undone,
      ...parts.flatMap((parted) => [' ', ''].map((between) => parted.replaceAll(JOIN, between))),
    ]),
  ];
  return ways.flatMap((way) => findLinks(way).links.filter((link) => !link.mayBeWords && leadsToWeb(link)));
}

function addressOf(link: Link): string {
  const { target } = link;
  return target === null ? hostOf(link) : `${target.host}${target.path}${target.query}${target.fragment}`;
}

function isOfNobody(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(address) && OF_NOBODY.has(ipaddr.process(address).range());
}

/** Host and path as they are written; the rest, and a path that holds an e-mail address, as something that cannot be guessed back. */
function pageOf({ host, path, query, fragment }: LinkTarget, hide: (text: string) => string): string | null {
  const written = path.replace(/\/+$/, '');
  const rest = query + (written === '' ? fragment : '');
  if (written === '' && rest === '') return null;
  const isPrivate = /@|%40/i.test(written);
  const shown = isPrivate ? host : `${host}${written}`;
  const hidden = isPrivate || rest !== '' || shown.length > MOST_VALUE ? `#${hide(written + rest)}` : '';
  return shown.slice(0, MOST_VALUE - Math.min(hidden.length, 64)) + hidden.slice(0, 64);
}
