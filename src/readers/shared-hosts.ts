import { registeredDomain } from './host.js';
import { SHARED_HOSTS } from './shared-hosts-list.js';

/** Hosts where everybody can have a page: such a host says nothing about who made a page of it. */
export interface SharedHosts {
  /** Pages differ by what follows the host; hosts below it are the same. */
  readonly byPath: ReadonlySet<string>;
  /** Each host right below is somebody's own. */
  readonly byName: ReadonlySet<string>;
  /** Each host below, however far, is somebody's own. */
  readonly byHost: ReadonlySet<string>;
}

const ENTRY = /^(\*\.)?((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9])$/;

/** Whether a text names a shared host: `bit.ly`, or `*.pages.example` where each host below is somebody's own. */
export function isSharedHostEntry(text: string): boolean {
  return ENTRY.test(text.toLowerCase());
}

/** The hosts that are shipped, and those that an operator adds. */
export function sharedHosts(more: readonly string[] = []): SharedHosts {
  if (more.length === 0) return SHIPPED;
  const byPath = new Set(SHIPPED.byPath);
  const byName = new Set(SHIPPED.byName);
  addEntries(more, byPath, byName);
  return { byPath, byName, byHost: SHIPPED.byHost };
}

function addEntries(entries: readonly string[], byPath: Set<string>, byName: Set<string>): void {
  for (const entry of entries) {
    const [, isByName, host] = ENTRY.exec(entry.toLowerCase()) ?? [];
    if (host !== undefined) (isByName === undefined ? byPath : byName).add(host);
  }
}

const SHIPPED = shipped();

function shipped(): SharedHosts {
  const [byPath, byName] = [new Set<string>(), new Set<string>()];
  addEntries(SHARED_HOSTS, byPath, byName);
  return {
    byPath,
    byName,
    byHost: new Set(SHARED_HOSTS.flatMap((entry) => (entry.startsWith('**.') ? [entry.slice(3)] : []))),
  };
}

/** Whether a host is shared, as itself: also a public suffix under which everybody registers, such as `pages.dev`. */
export function isSharedHost(host: string, { byPath, byName, byHost }: SharedHosts): boolean {
  for (const domain of domainsOf(host)) {
    if (byName.has(domain) || byHost.has(domain)) return host === domain || host === `www.${domain}`;
    if (byPath.has(domain)) return true;
  }
  return isSuffix(host);
}

/** Whoever is behind a host: the domain that was registered, or the host itself below one that gives each customer a name. Null where nobody is. */
export function holderOf(host: string, shared: SharedHosts): string | null {
  if (isSharedHost(host, shared)) return null;
  const above = domainsOf(host).find((domain) => shared.byName.has(domain) || shared.byHost.has(domain));
  if (above === undefined) return registeredDomain(host) ?? host;
  if (shared.byHost.has(above)) return host;
  return host
    .split('.')
    .slice(-above.split('.').length - 1)
    .join('.');
}

function isSuffix(host: string): boolean {
  return registeredDomain(host) === null && /[a-z]/.test(host) && !host.startsWith('[');
}

/** A host and the domains above it, the nearest first. */
function domainsOf(host: string): string[] {
  const labels = host.split('.');
  return labels.map((_label, index) => labels.slice(index).join('.'));
}
