import { parseUrl } from '../readers/url.js';

/** Where one PostgreSQL listens. */
export interface DatabaseHost {
  readonly host: string;
  readonly port: number;
}

/** Which of several hosts is wanted (libpq, `target_session_attrs`): one that takes writes, or one that is no standby. */
export type TargetSession = 'read-write' | 'primary';

/** A database at one host, or at one of several. */
export interface DatabaseAddress {
  readonly hosts: readonly DatabaseHost[];
  /** Null where a host is taken as it is found. */
  readonly target: TargetSession | null;
  /** The address with one of its hosts, in the form that node-postgres reads. */
  at(host: DatabaseHost): string;
}

/** What an address is to look like, in words that follow "should be". */
export const ADDRESS_FORM = 'a URL like postgres://user:password@host:5432/database';

/** An address that cannot be read; its message is what it should be, and repeats nothing of it. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

const PARTS = /^(postgres(?:ql)?:\/\/)(?:([^/?#]*)@)?([^/?#@]*)(\/[^/?#]+)(?:\?([^#]*))?$/;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?)(?::(\d{1,5}))?$/i;
const DEFAULT_PORT = 5432;
const MOST_HOSTS = 16;
/** Those that a service cannot decide with, as they may be given a standby. */
const TARGETS = new Map<string, TargetSession | null>([
  ['any', null],
  ['read-write', 'read-write'],
  ['primary', 'primary'],
]);
/** node-postgres takes these for `verify-full` and warns that it may not always do so; here they stay that. */
const MEANT_AS_VERIFY_FULL = new Set(['prefer', 'require', 'verify-ca']);

/**
 * Reads the address of a database in libpq's form (PostgreSQL, "Connection URIs"), with one host or several.
 * @throws AddressError
 */
export function readDatabaseAddress(text: string): DatabaseAddress {
  const { start, authority, database, query } = partsOf(text);
  const parameters = new URLSearchParams(query);
  const target = readTarget(parameters.get('target_session_attrs'));
  const rest = `${database}${forTheDriver(query, parameters)}`;
  const names = authority.split(',');
  if (names.length === 1 && (authority === '' || parameters.has('host') || authority.includes('%'))) {
    // A socket in the file system, or what else node-postgres makes of one host.
    const whole = requireUrl(`${start}${authority}${rest}`);
    return { hosts: [{ host: authority, port: DEFAULT_PORT }], target: target ?? null, at: () => whole };
  }
  const hosts = names.map(readHost);
  if (hosts.length > 1) requireSeveral(hosts, target, parameters);
  requireUrl(`${start}${nameOf(hosts[0]!)}${rest}`);
  return {
    hosts,
    target: target ?? (hosts.length > 1 ? 'read-write' : null),
    at: (host) => `${start}${nameOf(host)}${rest}`,
  };
}

function partsOf(text: string): { start: string; authority: string; database: string; query: string } {
  const [, scheme, login, authority = '', database = '', query = ''] = PARTS.exec(text) ?? [];
  if (scheme === undefined) throw new AddressError(ADDRESS_FORM);
  return { start: `${scheme}${login === undefined ? '' : `${login}@`}`, authority, database, query };
}

/** What node-postgres does not know is left out. What need not be changed is handed on as it was written. */
function forTheDriver(query: string, given: URLSearchParams): string {
  const parameters = new URLSearchParams(given);
  parameters.delete('target_session_attrs');
  if (MEANT_AS_VERIFY_FULL.has(parameters.get('sslmode') ?? '') && !parameters.has('uselibpqcompat'))
    parameters.set('sslmode', 'verify-full');
  const text = parameters.toString() === given.toString() ? query : parameters.toString().replaceAll('+', '%20');
  return text === '' ? '' : `?${text}`;
}

function requireSeveral(
  hosts: readonly DatabaseHost[],
  target: TargetSession | null | undefined,
  parameters: URLSearchParams,
): void {
  if (hosts.length > MOST_HOSTS) throw new AddressError(`a URL with at most ${MOST_HOSTS} hosts`);
  if (new Set(hosts.map(nameOf)).size < hosts.length) throw new AddressError('a URL that names each host once');
  if (parameters.has('host') || parameters.has('port'))
    throw new AddressError('a URL with its hosts and ports before the database, and none after the question mark');
  if (target === null)
    throw new AddressError('a URL of several hosts with target_session_attrs=read-write (or primary)');
}

/** Host and port, as they stand in an address. */
export function nameOf({ host, port }: DatabaseHost): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The same address with the login of another: a replica has the logins of its primary. @throws AddressError */
export function withLoginOf(text: string, other: string): string {
  const { authority, database, query } = partsOf(text);
  return `${partsOf(other).start}${authority}${database}${query === '' ? '' : `?${query}`}`;
}

/** What the address of a replica is to look like, in words that follow "should be". */
const REPLICA_FORM =
  'a URL like postgres://host:5432/database, with one host and without a login, which is that of the primary';

/** What a direct address is to look like, in words that follow "should be". */
const DIRECT_FORM =
  'a URL like postgres://host:5432/database, without a login: those of DATABASE_URL and SERVICE_DATABASE_URL are used';

/** Requires the address of a database beside its pooler, without a login. @throws AddressError */
export function requireDirectAddress(text: string): void {
  if (hasLogin(text)) throw new AddressError(DIRECT_FORM);
  readDatabaseAddress(text);
}

function hasLogin(text: string): boolean {
  const { start, query } = partsOf(text);
  return start.endsWith('@') || ['user', 'password'].some((name) => new URLSearchParams(query).has(name));
}

/** Requires the address of a read replica: one host, or what stands before several of them, and no login. @throws AddressError */
export function requireReplicaAddress(text: string): void {
  const { authority, query } = partsOf(text);
  if (hasLogin(text) || authority === '' || authority.includes(',') || query.includes('target_session_attrs'))
    throw new AddressError(REPLICA_FORM);
  readDatabaseAddress(text);
}

/** The same address for another login. @throws AddressError */
export function withLogin(text: string, login: string, password: string): string {
  const [, scheme, , authority, database, query] = PARTS.exec(text) ?? [];
  if (scheme === undefined) throw new AddressError(ADDRESS_FORM);
  const end = query === undefined ? '' : `?${query}`;
  return `${scheme}${encodeURIComponent(login)}:${encodeURIComponent(password)}@${authority}${database}${end}`;
}

function readTarget(text: string | null): TargetSession | null | undefined {
  if (text === null) return undefined;
  const target = TARGETS.get(text);
  if (target === undefined)
    throw new AddressError('a URL with target_session_attrs=read-write (or primary): what decides writes');
  return target;
}

function readHost(text: string): DatabaseHost {
  const [, name, port] = HOST.exec(text) ?? [];
  if (name === undefined || Number(port ?? DEFAULT_PORT) > 65_535 || port === '0')
    throw new AddressError(`${ADDRESS_FORM}, or postgres://user:password@first:5432,second:5432/database`);
  return { host: name.replace(/^\[|\]$/g, ''), port: Number(port ?? DEFAULT_PORT) };
}

function requireUrl(text: string): string {
  // A socket in the file system stands behind the question mark, and nothing before the database.
  if (parseUrl(text.replace('@/', '@socket/')) === null) throw new AddressError(ADDRESS_FORM);
  return text;
}

/** With how many connections a process asks the primary of such an address whether it still is one. @throws AddressError */
export function watchingConnections(address: string): number {
  return readDatabaseAddress(address).target === null ? 0 : 1;
}
