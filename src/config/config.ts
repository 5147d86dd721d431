import type { KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { cleanEnv, str } from 'envalid';
import { ConfigError, readMasterKey, readSigningKey } from './config-keys.js';
import {
  cidrList,
  commandLine,
  httpUrl,
  oneOf,
  type OutboundApiConfig,
  outboundApi,
  postgresUrl,
  type TenantConfig,
  tenantList,
  verificationKey,
  whole,
  yesOrNo,
} from './config-validators.js';
import type { CommandSignerOptions } from '../transparency/command-signer.js';

export { ConfigError } from './config-keys.js';

type SigningCommand = Omit<CommandSignerOptions, 'timeLimitMs'>;

export interface Config {
  readonly production: boolean;
  readonly host: string;
  readonly port: number;
  /** How clients reach the service, without a trailing slash. */
  readonly publicUrl: string;
  /** How many serve behind the one port. */
  readonly processes: number;
  readonly ownerDatabaseUrl: string | undefined;
  readonly serviceDatabaseUrl: string | undefined;
  readonly dataDirectory: string;
  readonly migrate: boolean;
  readonly sharedConnections: number;
  readonly writeConnections: number;
  readonly pooledConnections: number;
  readonly tenants: readonly TenantConfig[];
  readonly developmentIssuer: boolean;
  readonly masterKey: Buffer;
  /** What signs checkpoints of the transparency log, and evidence: a key, or a program that reaches one. */
  readonly signing: { readonly key: KeyObject } | SigningCommand;
  readonly witnessUrl: string | undefined;
  readonly logLevel: string;
  readonly metricsPort: number | undefined;
  /** How long a request's body may take, and how long a bulk import. */
  readonly requestTimeoutSeconds: number;
  readonly importTimeoutSeconds: number;
  /** Most open connections of one process, and of one address to it. */
  readonly maxConnections: number;
  readonly maxConnectionsPerClient: number;
  readonly shutdownGraceSeconds: number;
  /** Whether this process does background work. */
  readonly workInProcess: boolean;
  readonly workerConcurrency: number;
  readonly webhookTimeoutSeconds: number;
  /** CIDR ranges that webhooks and the witness may reach although they are not public. */
  readonly egressAllow: readonly string[];
  /** For how many months events are kept at least; for ever where it is not set. */
  readonly eventsRetentionMonths: number | undefined;
  /** After so long it is an alert that an open transaction holds the event log back. */
  readonly eventsHeldAlertSeconds: number;
  readonly modulusTablesDirectory: string | undefined;
  readonly numberSignals: OutboundApiConfig | undefined;
  readonly payeeCheck: OutboundApiConfig | undefined;
}

/** One environment variable as `--help` and docs/configuration.md list it. */
export interface Setting {
  readonly name: string;
  readonly fallback: string;
  readonly meaning: string;
}

export const SETTINGS: readonly Setting[] = [
  {
    name: 'NODE_ENV',
    fallback: 'development',
    meaning: '`production` refuses the development issuer and generated keys.',
  },
  { name: 'HOST', fallback: '127.0.0.1', meaning: 'Address to listen on.' },
  { name: 'PORT', fallback: '3000', meaning: 'Port to listen on; 0 takes a free one.' },
  {
    name: 'PUBLIC_URL',
    fallback: 'http://HOST:PORT',
    meaning: 'How clients reach the service; problem types and the development issuer stand under it.',
  },
  {
    name: 'PROCESSES',
    fallback: '1',
    meaning:
      'How many processes serve behind the port; about one for each core that PostgreSQL leaves free. One that dies is replaced.',
  },
  {
    name: 'DATABASE_URL',
    fallback: 'an embedded PostgreSQL in DATA_DIR',
    meaning:
      'PostgreSQL 15 or newer, as the role that owns the schema: it migrates, and creates the login that serves requests.',
  },
  {
    name: 'SERVICE_DATABASE_URL',
    fallback: 'made from DATABASE_URL',
    meaning:
      "The login that serves requests, a member of `countersign_service` that owns nothing. Set it to keep the owner's password away from the service.",
  },
  { name: 'MIGRATE', fallback: 'true', meaning: '`false`: do not migrate at start; run `npm run migrate` yourself.' },
  {
    name: 'DATABASE_SHARED_CONNECTIONS',
    fallback: '2',
    meaning: 'Shared, pipelined connections for reading, for each tenant and process.',
  },
  {
    name: 'DATABASE_WRITE_CONNECTIONS',
    fallback: '16',
    meaning:
      'Most connections for single statements that change rows, for each tenant and process; opened when they are needed, and closed after 30 s without work.',
  },
  {
    name: 'DATABASE_POOL',
    fallback: '8',
    meaning: 'Most connections for transactions of several statements, for each tenant and process.',
  },
  {
    name: 'DATA_DIR',
    fallback: './.data',
    meaning: 'Where the embedded database and generated development keys live.',
  },
  {
    name: 'TENANTS',
    fallback: 'northbank and southbank on the development issuer',
    meaning:
      'JSON: `[{"id":"northbank","issuer":"https://login.example"}]`, with `jwksUri` where the issuer has no discovery document.',
  },
  {
    name: 'DEVELOPMENT_ISSUER',
    fallback: 'true, if TENANTS is not set and not in production',
    meaning: 'The embedded OIDC issuer at `/oidc/<tenant>`.',
  },
  {
    name: 'MASTER_KEY',
    fallback: '–',
    meaning:
      "32 random bytes, base64 or hex: wraps every customer's data key. Required in production, here or as a file.",
  },
  {
    name: 'MASTER_KEY_FILE',
    fallback: 'DATA_DIR/master.key, generated in development',
    meaning: 'File that holds the master key.',
  },
  {
    name: 'SIGNING_KEY',
    fallback: '–',
    meaning:
      'An Ed25519 private key, PKCS#8 PEM or JWK: signs checkpoints and evidence. Required in production, here or as a file. To rotate, set another; the public half of the former one stays published.',
  },
  {
    name: 'SIGNING_KEY_FILE',
    fallback: 'DATA_DIR/signing.key, generated in development',
    meaning: 'File that holds the signing key.',
  },
  {
    name: 'SIGNING_COMMAND',
    fallback: '–',
    meaning:
      'In place of a signing key: JSON array of a program and its arguments. It reads what is to be signed on standard input and writes the 64 bytes of the Ed25519 signature to standard output; so the key can be in an HSM or a KMS.',
  },
  {
    name: 'SIGNING_PUBLIC_KEY',
    fallback: '–',
    meaning: 'The public key of SIGNING_COMMAND, SPKI PEM or JWK. What does not verify by it is not used.',
  },
  {
    name: 'WITNESS_URL',
    fallback: '– (off)',
    meaning:
      'Where checkpoints of the transparency log are posted to: a C2SP tlog-witness, or any webhook. https in production, and at a public address or one that `EGRESS_ALLOW` names.',
  },
  { name: 'LOG_LEVEL', fallback: 'info', meaning: 'fatal, error, warn, info, debug, trace or silent.' },
  {
    name: 'METRICS_PORT',
    fallback: '– (then /metrics needs scope admin)',
    meaning: 'Serve Prometheus metrics on this port of HOST, without a token.',
  },
  {
    name: 'REQUEST_TIMEOUT_SECONDS',
    fallback: '20',
    meaning:
      'How long the body of a request may take to arrive. A bulk import must send 1 kB a second within it, as long as it is waited for.',
  },
  { name: 'IMPORT_TIMEOUT_SECONDS', fallback: '600', meaning: 'How long a bulk import may take in all.' },
  {
    name: 'MAX_CONNECTIONS',
    fallback: '5000',
    meaning:
      'Most open connections of each process, streams included. One that waits for its client makes room for another; where all are busy, another gets 503.',
  },
  {
    name: 'MAX_CONNECTIONS_PER_CLIENT',
    fallback: '4000',
    meaning: 'Most of them from one address (of IPv6, one /64). Behind a proxy all come from its address.',
  },
  {
    name: 'SHUTDOWN_GRACE_SECONDS',
    fallback: '15',
    meaning: 'How long running requests may take to finish after SIGTERM.',
  },
  {
    name: 'WORKERS',
    fallback: 'in-process',
    meaning: '`off`: this process hands on no events and delivers no webhooks; run `npm run worker` beside it.',
  },
  { name: 'WORKER_CONCURRENCY', fallback: '32', meaning: 'Most endpoints that one process sends webhooks to at once.' },
  {
    name: 'WEBHOOK_TIMEOUT_SECONDS',
    fallback: '15',
    meaning: 'How long an endpoint may take for its whole answer to a webhook.',
  },
  {
    name: 'EGRESS_ALLOW',
    fallback: 'none in production, else 127.0.0.0/8,::1/128',
    meaning:
      'CIDR ranges, with commas between, that webhooks and the witness may reach although they are not public; `none` for none.',
  },
  {
    name: 'EVENTS_RETENTION_MONTHS',
    fallback: '– (for ever)',
    meaning:
      'For how many months events are kept, 13 at least; set it where the database is migrated. What is older is dropped by the month once it is sealed and handed on, and cannot be proved by evidence any more.',
  },
  {
    name: 'EVENTS_HELD_ALERT_SECONDS',
    fallback: '60',
    meaning:
      'When an open transaction, in whatever database of the cluster, has kept the event log from settling for so long, the log names it as an error and a metric says so. Webhooks, lists of events and evidence wait for it; streams do not.',
  },
  {
    name: 'MODULUS_TABLES_DIR',
    fallback: 'the tables that are shipped',
    meaning:
      'Folder with a newer `valacdos*.txt` and `scsubtab.txt` from Vocalink, for the modulus check of UK accounts.',
  },
  {
    name: 'NUMBER_SIGNALS',
    fallback: '– (off: unknown)',
    meaning:
      'JSON: `{"baseUrl","tokenUrl","clientId","clientSecret"}` of a GSMA CAMARA API for SIM Swap and Call Forwarding Signal, asked before a number is rung back.',
  },
  {
    name: 'PAYEE_CHECK',
    fallback: '– (off: unavailable)',
    meaning:
      'JSON: `{"baseUrl","tokenUrl","clientId","clientSecret"}` of a Confirmation of Payee API, asked about a new account.',
  },
];

/** Reached by webhooks in development, so that examples work on one machine. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];
const DEVELOPMENT_TENANTS = ['northbank', 'southbank'];
/** What is read, and nothing else is; an error of a validator says what the variable should be. */
export const VARIABLES = {
  NODE_ENV: oneOf('development', 'test', 'production')({ default: 'development' }),
  HOST: str({ default: '127.0.0.1' }),
  PORT: whole(0, 65_535)({ default: 3000 }),
  PUBLIC_URL: httpUrl({ default: undefined }),
  PROCESSES: whole(1, 64)({ default: 1 }),
  DATABASE_URL: postgresUrl({ default: undefined }),
  SERVICE_DATABASE_URL: postgresUrl({ default: undefined }),
  MIGRATE: yesOrNo({ default: true }),
  DATABASE_SHARED_CONNECTIONS: whole(1, 32)({ default: 2 }),
  DATABASE_WRITE_CONNECTIONS: whole(1, 64)({ default: 16 }),
  DATABASE_POOL: whole(1, 200)({ default: 8 }),
  DATA_DIR: str({ default: './.data' }),
  TENANTS: tenantList({ default: undefined }),
  DEVELOPMENT_ISSUER: yesOrNo({ default: undefined }),
  MASTER_KEY: str({ default: undefined }),
  MASTER_KEY_FILE: str({ default: undefined }),
  SIGNING_KEY: str({ default: undefined }),
  SIGNING_KEY_FILE: str({ default: undefined }),
  SIGNING_COMMAND: commandLine({ default: undefined }),
  SIGNING_PUBLIC_KEY: verificationKey({ default: undefined }),
  WITNESS_URL: httpUrl({ default: undefined }),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent')({ default: 'info' }),
  METRICS_PORT: whole(1, 65_535)({ default: undefined }),
  REQUEST_TIMEOUT_SECONDS: whole(1, 300)({ default: 20 }),
  IMPORT_TIMEOUT_SECONDS: whole(1, 3_600)({ default: 600 }),
  MAX_CONNECTIONS: whole(10, 100_000)({ default: 5_000 }),
  MAX_CONNECTIONS_PER_CLIENT: whole(10, 100_000)({ default: 4_000 }),
  SHUTDOWN_GRACE_SECONDS: whole(1, 300)({ default: 15 }),
  WORKERS: oneOf('in-process', 'off')({ default: 'in-process' }),
  WORKER_CONCURRENCY: whole(1, 500)({ default: 32 }),
  WEBHOOK_TIMEOUT_SECONDS: whole(1, 30)({ default: 15 }),
  EGRESS_ALLOW: cidrList({ default: undefined }),
  EVENTS_RETENTION_MONTHS: whole(13, 1_200)({ default: undefined }),
  EVENTS_HELD_ALERT_SECONDS: whole(3, 86_400)({ default: 60 }),
  MODULUS_TABLES_DIR: str({ default: undefined }),
  NUMBER_SIGNALS: outboundApi({ default: undefined }),
  PAYEE_CHECK: outboundApi({ default: undefined }),
};

function readEnvironment(environment: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  return cleanEnv(given, VARIABLES, {
    reporter: ({ errors }) => {
      const lines = Object.entries(errors).map(
        ([name, error]) =>
          `${name} should be ${error.message}. ${SETTINGS.find((setting) => setting.name === name)!.meaning}`,
      );
      if (lines.length > 0) throw new ConfigError(lines.join('\n'));
    },
  });
}

function readSigningCommand(
  env: ReturnType<typeof readEnvironment>,
  environment: NodeJS.ProcessEnv,
): SigningCommand | null {
  const { SIGNING_COMMAND: command, SIGNING_PUBLIC_KEY: publicJwk } = env;
  if ((command === undefined) !== (publicJwk === undefined))
    throw new ConfigError('SIGNING_COMMAND and SIGNING_PUBLIC_KEY belong together: one of them is missing.');
  if (command === undefined || publicJwk === undefined) return null;
  if (env.SIGNING_KEY !== undefined || env.SIGNING_KEY_FILE !== undefined)
    throw new ConfigError('SIGNING_COMMAND and SIGNING_KEY exclude each other.');
  const own = new Set(SETTINGS.map(({ name }) => name));
  return {
    command,
    publicJwk,
    environment: Object.fromEntries(
      Object.entries(environment).flatMap(([name, value]) =>
        value === undefined || own.has(name) ? [] : [[name, value]],
      ),
    ),
  };
}

/** The host of a URL by which this machine reaches an address that it listens on. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/**
 * Reads the environment once and returns it validated and frozen.
 * @throws ConfigError naming each wrong variable and what it should be.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const env = readEnvironment(environment);
  const production = env.NODE_ENV === 'production';
  const publicUrl = env.PUBLIC_URL ?? `http://${reachable(env.HOST)}:${env.PORT}`;
  const developmentIssuer = env.DEVELOPMENT_ISSUER ?? (!production && env.TENANTS === undefined);
  if (production && developmentIssuer)
    throw new ConfigError(
      'DEVELOPMENT_ISSUER is refused when NODE_ENV=production: anybody can sign in as anybody there. Set TENANTS to your own issuers.',
    );
  if (!developmentIssuer && env.TENANTS === undefined)
    throw new ConfigError(
      'TENANTS is missing: a JSON array such as [{"id":"northbank","issuer":"https://login.example"}].',
    );
  if (developmentIssuer && env.TENANTS !== undefined)
    throw new ConfigError(
      'TENANTS and DEVELOPMENT_ISSUER exclude each other: the development issuer serves its own two tenants.',
    );
  if (env.SERVICE_DATABASE_URL && !env.DATABASE_URL && env.MIGRATE)
    throw new ConfigError(
      'MIGRATE should be false where only SERVICE_DATABASE_URL is set: that login may not migrate.',
    );
  if (production && env.WITNESS_URL?.startsWith('http:'))
    throw new ConfigError('WITNESS_URL should be https when NODE_ENV=production.');
  const dataDirectory = resolve(env.DATA_DIR);
  return Object.freeze({
    production,
    host: env.HOST,
    port: env.PORT,
    publicUrl,
    processes: env.PROCESSES,
    ownerDatabaseUrl: env.DATABASE_URL,
    serviceDatabaseUrl: env.SERVICE_DATABASE_URL,
    dataDirectory,
    migrate: env.MIGRATE,
    sharedConnections: env.DATABASE_SHARED_CONNECTIONS,
    writeConnections: env.DATABASE_WRITE_CONNECTIONS,
    pooledConnections: env.DATABASE_POOL,
    tenants: Object.freeze(env.TENANTS ?? DEVELOPMENT_TENANTS.map((id) => ({ id, issuer: `${publicUrl}/oidc/${id}` }))),
    developmentIssuer,
    masterKey: readMasterKey(env.MASTER_KEY, env.MASTER_KEY_FILE, dataDirectory, production),
    signing: readSigningCommand(env, environment) ?? {
      key: readSigningKey(env.SIGNING_KEY, env.SIGNING_KEY_FILE, dataDirectory, production),
    },
    witnessUrl: env.WITNESS_URL,
    logLevel: env.LOG_LEVEL,
    metricsPort: env.METRICS_PORT,
    requestTimeoutSeconds: env.REQUEST_TIMEOUT_SECONDS,
    importTimeoutSeconds: env.IMPORT_TIMEOUT_SECONDS,
    maxConnections: env.MAX_CONNECTIONS,
    maxConnectionsPerClient: env.MAX_CONNECTIONS_PER_CLIENT,
    shutdownGraceSeconds: env.SHUTDOWN_GRACE_SECONDS,
    workInProcess: env.WORKERS === 'in-process',
    workerConcurrency: env.WORKER_CONCURRENCY,
    webhookTimeoutSeconds: env.WEBHOOK_TIMEOUT_SECONDS,
    egressAllow: env.EGRESS_ALLOW ?? (production ? [] : LOOPBACK),
    eventsRetentionMonths: env.EVENTS_RETENTION_MONTHS,
    eventsHeldAlertSeconds: env.EVENTS_HELD_ALERT_SECONDS,
    modulusTablesDirectory: env.MODULUS_TABLES_DIR,
    numberSignals: env.NUMBER_SIGNALS,
    payeeCheck: env.PAYEE_CHECK,
  });
}

/** The text of `npm start -- --help`. */
export function configHelp(): string {
  const width = Math.max(...SETTINGS.map((setting) => setting.name.length));
  const lines = SETTINGS.map(
    (setting) =>
      `  ${setting.name.padEnd(width)}  ${setting.meaning}\n  ${' '.repeat(width)}  Default: ${setting.fallback}.`,
  );
  return `Countersign answers one question for a bank's customer: is this really my bank?\n\nUsage: npm start [-- --help]\n\nEvery setting is an environment variable:\n\n${lines.join('\n')}\n`;
}
