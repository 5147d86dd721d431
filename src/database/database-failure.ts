import { NoPrimary } from './primary.js';

/** What somebody is to do about a database that does not do as it is asked, by what it or the network says. */
const ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there. Start PostgreSQL, or correct host and port.',
  ENOTFOUND: 'There is no such host. Correct its name.',
  EAI_AGAIN: 'The name of its host cannot be looked up just now.',
  ETIMEDOUT: 'It does not answer. Look at the network between here and it.',
  EHOSTUNREACH: 'Its host cannot be reached. Look at the network between here and it.',
  ECONNRESET: 'It closed the connection. Look whether it wants TLS (`?sslmode=require`).',
  SELF_SIGNED_CERT_IN_CHAIN: 'Its certificate is of an authority that is not known here. Set NODE_EXTRA_CA_CERTS.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Its certificate is signed by itself. Set NODE_EXTRA_CA_CERTS to it.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another host name.',
  '28P01': 'It does not accept the password of this login.',
  '28000': 'It does not let this login in: see pg_hba.conf, and whether the role may LOGIN.',
  '3D000': 'It has no database of this name. Create it: CREATE DATABASE … OWNER ….',
  '42501': 'The role may not do this: it must own the database, and have CREATEROLE.',
  '53300': 'It takes no further connection. Raise max_connections, or give this service fewer.',
  '57P03': 'It is starting up or shutting down.',
  '25006': 'It is read-only: a standby, or set so.',
  '0LP01': 'The role may not grant countersign_service: GRANT countersign_service TO it WITH ADMIN OPTION.',
};

/** The same, of what the driver finds by itself and gives no code. */
const ADVICE_BY_MESSAGE: Readonly<Record<string, string>> = {
  'The server does not support SSL connections':
    'It has no TLS. Turn that on there, or leave sslmode out of the address.',
  'There was an error establishing an SSL connection': 'It failed to begin TLS. Look at its log.',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string':
    'It wants a password, and the address of this login has none.',
  'SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string':
    'It wants a password, and the address of this login has none.',
  'timeout expired': 'It does not answer. Look at the network between here and it.',
};

/** A sentence about a failure of a database, without anything of its address but the host and port; null for any other error. */
export function explainDatabaseFailure(error: unknown): string | null {
  if (error instanceof NoPrimary) return error.message;
  const { code, address, port, hostname, message } = failureOf(error);
  if (code === undefined && message !== undefined && Object.hasOwn(ADVICE_BY_MESSAGE, message))
    return `The database cannot be used. ${ADVICE_BY_MESSAGE[message]}`;
  if (code === undefined || !Object.hasOwn(ADVICE, code)) return null;
  const where = [address ?? hostname, port].filter((part) => part !== undefined).join(':');
  return `The database${where === '' ? '' : ` at ${where}`} cannot be used (${code}). ${ADVICE[code]}`;
}

interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly address?: string;
  readonly hostname?: string;
  readonly port?: number;
}

/** A host of several addresses fails once for each. */
function failureOf(error: unknown): Failure {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors[0] as Failure;
  return Object(error) as Failure;
}
