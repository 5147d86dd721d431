import { readDatabaseAddress, withLoginOf } from '../database/hosts.js';
import type { Environment } from './settings.js';

/** Where the database is for each kind of work. */
export interface DatabaseAddresses {
  readonly ownerDatabaseUrl?: string | undefined;
  readonly serviceDatabaseUrl?: string | undefined;
  /** Where requests are served, of a pooler that hands out sessions for each transaction; the login in it may be another. */
  readonly poolerUrl?: string | undefined;
}

type Given = Pick<Environment, 'DATABASE_URL' | 'SERVICE_DATABASE_URL' | 'DATABASE_POOLER' | 'DATABASE_DIRECT_URL'>;

/** With a pooler all that needs a session goes to the database itself, with the logins that are given for the pooler. */
export function databaseAddresses(given: Given): DatabaseAddresses {
  const { DATABASE_URL: owner, SERVICE_DATABASE_URL: service, DATABASE_DIRECT_URL: direct } = given;
  if (given.DATABASE_POOLER === undefined || direct === undefined)
    return { ownerDatabaseUrl: owner, serviceDatabaseUrl: service };
  return {
    ownerDatabaseUrl: owner && withLoginOf(direct, owner),
    serviceDatabaseUrl: service && withLoginOf(direct, service),
    poolerUrl: service ?? owner,
  };
}

/** What of these settings does not go together: which they are, whether it is so, and a sentence about it. */
export function poolerConflicts(given: Given): [readonly (keyof Given)[], boolean, string][] {
  const { DATABASE_URL: owner, SERVICE_DATABASE_URL: service, DATABASE_DIRECT_URL: direct } = given;
  const isPooled = given.DATABASE_POOLER !== undefined;
  return [
    [
      ['DATABASE_POOLER', 'DATABASE_DIRECT_URL'],
      isPooled !== (direct !== undefined),
      'DATABASE_POOLER and DATABASE_DIRECT_URL belong together: one says that there is a pooler, the other where PostgreSQL itself is.',
    ],
    [
      ['DATABASE_POOLER', 'DATABASE_URL', 'SERVICE_DATABASE_URL'],
      isPooled && owner === undefined && service === undefined,
      'DATABASE_POOLER is for DATABASE_URL or SERVICE_DATABASE_URL, which are missing.',
    ],
    [
      ['DATABASE_POOLER', 'DATABASE_URL', 'SERVICE_DATABASE_URL'],
      isPooled && [owner, service].some((url) => url !== undefined && readDatabaseAddress(url).target !== null),
      'DATABASE_POOLER is one address: several hosts, or target_session_attrs, belong into DATABASE_DIRECT_URL and into the pooler.',
    ],
  ];
}
