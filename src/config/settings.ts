import { type BaseValidator, str, type ValidatorSpec } from 'envalid';
import {
  cidrList,
  commandLine,
  httpUrl,
  oneOf,
  outboundApi,
  postgresUrl,
  tenantList,
  verificationKey,
  whole,
  yesOrNo,
} from './config-validators.js';

/** No value; what then holds, in words. */
interface Unset {
  readonly instead: string;
}

/** One environment variable. */
interface Declared<Key extends string | null, Value> {
  /** Its name in Config; null where config.ts makes something else of it. */
  readonly key: Key;
  /** How its text is read; an error of it says what the variable should be. */
  readonly spec: ValidatorSpec<Value>;
  /** What holds where it is not set, for people. */
  readonly fallback: string;
  readonly meaning: string;
}

function setting<const Key extends string | null, Value>(
  key: Key,
  validator: BaseValidator<Value>,
  fallback: Unset,
  meaning: string,
): Declared<Key, Value | undefined>;
function setting<const Key extends string | null, Value>(
  key: Key,
  validator: BaseValidator<Value>,
  fallback: NonNullable<NoInfer<Value>>,
  meaning: string,
): Declared<Key, Value>;
function setting<Value>(
  key: string | null,
  validator: BaseValidator<Value>,
  fallback: NonNullable<Value> | Unset,
  meaning: string,
): Declared<string | null, Value | undefined> {
  return fallback instanceof Object && 'instead' in fallback
    ? { key, spec: validator({ default: undefined }), fallback: fallback.instead, meaning }
    : { key, spec: validator({ default: fallback }), fallback: String(fallback), meaning };
}

function unset(instead: string): Unset {
  return { instead };
}

/** Every setting once: its name in Config, how it is read, its default and its meaning. */
export const SETTINGS = {
  NODE_ENV: setting(
    null,
    oneOf('development', 'test', 'production'),
    'development',
    '`production` refuses the development issuer and generated keys.',
  ),
  HOST: setting('host', str, '127.0.0.1', 'Address to listen on.'),
  PORT: setting('port', whole(0, 65_535), 3000, 'Port to listen on; 0 takes a free one.'),
  PUBLIC_URL: setting(
    null,
    httpUrl,
    unset('http://HOST:PORT'),
    'How clients reach the service; problem types and the development issuer stand under it.',
  ),
  PROCESSES: setting(
    'processes',
    whole(1, 64),
    1,
    'How many processes serve behind the port; about one for each core that PostgreSQL leaves free. One that dies is replaced.',
  ),
  DATABASE_URL: setting(
    'ownerDatabaseUrl',
    postgresUrl,
    unset('an embedded PostgreSQL in DATA_DIR'),
    'PostgreSQL 15 or newer, as the role that owns the schema: it migrates, and creates the login that serves requests.',
  ),
  SERVICE_DATABASE_URL: setting(
    'serviceDatabaseUrl',
    postgresUrl,
    unset('made from DATABASE_URL'),
    "The login that serves requests, a member of `countersign_service` that owns nothing. Set it to keep the owner's password away from the service.",
  ),
  MIGRATE: setting('migrate', yesOrNo, true, '`false`: do not migrate at start; run `npm run migrate` yourself.'),
  DATABASE_SHARED_CONNECTIONS: setting(
    'sharedConnections',
    whole(1, 32),
    2,
    'Shared, pipelined connections for reading, for each tenant and process.',
  ),
  DATABASE_WRITE_CONNECTIONS: setting(
    'writeConnections',
    whole(1, 64),
    16,
    'Most connections for single statements that change rows, for each tenant and process; opened when they are needed, and closed after 30 s without work.',
  ),
  DATABASE_POOL: setting(
    'pooledConnections',
    whole(1, 200),
    8,
    'Most connections for transactions of several statements, for each tenant and process.',
  ),
  DATA_DIR: setting(null, str, './.data', 'Where the embedded database and generated development keys live.'),
  TENANTS: setting(
    null,
    tenantList,
    unset('northbank and southbank on the development issuer'),
    'JSON: `[{"id":"northbank","issuer":"https://login.example"}]`, with `jwksUri` where the issuer has no discovery document.',
  ),
  DEVELOPMENT_ISSUER: setting(
    null,
    yesOrNo,
    unset('true, if TENANTS is not set and not in production'),
    'The embedded OIDC issuer at `/oidc/<tenant>`.',
  ),
  MASTER_KEY: setting(
    null,
    str,
    unset('–'),
    "32 random bytes, base64 or hex: wraps every customer's data key. Required in production, here or as a file.",
  ),
  MASTER_KEY_FILE: setting(
    null,
    str,
    unset('DATA_DIR/master.key, generated in development'),
    'File that holds the master key.',
  ),
  SIGNING_KEY: setting(
    null,
    str,
    unset('–'),
    'An Ed25519 private key, PKCS#8 PEM or JWK: signs checkpoints and evidence. Required in production, here or as a file. To rotate, set another; the public half of the former one stays published.',
  ),
  SIGNING_KEY_FILE: setting(
    null,
    str,
    unset('DATA_DIR/signing.key, generated in development'),
    'File that holds the signing key.',
  ),
  SIGNING_COMMAND: setting(
    null,
    commandLine,
    unset('–'),
    'In place of a signing key: JSON array of a program and its arguments. It reads what is to be signed on standard input and writes the 64 bytes of the Ed25519 signature to standard output; so the key can be in an HSM or a KMS.',
  ),
  SIGNING_PUBLIC_KEY: setting(
    null,
    verificationKey,
    unset('–'),
    'The public key of SIGNING_COMMAND, SPKI PEM or JWK. What does not verify by it is not used.',
  ),
  WITNESS_URL: setting(
    'witnessUrl',
    httpUrl,
    unset('– (off)'),
    'Where checkpoints of the transparency log are posted to: a C2SP tlog-witness, or any webhook. https in production, and at a public address or one that `EGRESS_ALLOW` names.',
  ),
  LOG_LEVEL: setting(
    'logLevel',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'fatal, error, warn, info, debug, trace or silent.',
  ),
  METRICS_PORT: setting(
    'metricsPort',
    whole(1, 65_535),
    unset('– (then /metrics needs scope admin)'),
    'Serve Prometheus metrics on this port of HOST, without a token.',
  ),
  REQUEST_TIMEOUT_SECONDS: setting(
    'requestTimeoutSeconds',
    whole(1, 300),
    20,
    'How long the body of a request may take to arrive. A bulk import must send 1 kB a second within it, as long as it is waited for.',
  ),
  IMPORT_TIMEOUT_SECONDS: setting(
    'importTimeoutSeconds',
    whole(1, 3_600),
    600,
    'How long a bulk import may take in all.',
  ),
  MAX_CONNECTIONS: setting(
    'maxConnections',
    whole(10, 100_000),
    5_000,
    'Most open connections of each process, streams included. One that waits for its client makes room for another; where all are busy, another gets 503.',
  ),
  MAX_CONNECTIONS_PER_CLIENT: setting(
    'maxConnectionsPerClient',
    whole(10, 100_000),
    4_000,
    'Most of them from one address (of IPv6, one /64). Behind a proxy all come from its address.',
  ),
  SHUTDOWN_GRACE_SECONDS: setting(
    'shutdownGraceSeconds',
    whole(1, 300),
    15,
    'How long running requests may take to finish after SIGTERM.',
  ),
  WORKERS: setting(
    null,
    oneOf('in-process', 'off'),
    'in-process',
    '`off`: this process hands on no events and delivers no webhooks; run `npm run worker` beside it.',
  ),
  WORKER_CONCURRENCY: setting(
    'workerConcurrency',
    whole(1, 500),
    32,
    'Most endpoints that one process sends webhooks to at once.',
  ),
  WEBHOOK_TIMEOUT_SECONDS: setting(
    'webhookTimeoutSeconds',
    whole(1, 30),
    15,
    'How long an endpoint may take for its whole answer to a webhook.',
  ),
  EGRESS_ALLOW: setting(
    null,
    cidrList,
    unset('none in production, else 127.0.0.0/8,::1/128'),
    'CIDR ranges, with commas between, that webhooks and the witness may reach although they are not public; `none` for none.',
  ),
  EVENTS_RETENTION_MONTHS: setting(
    'eventsRetentionMonths',
    whole(13, 1_200),
    unset('– (for ever)'),
    'For how many months events are kept, 13 at least; set it where the database is migrated. What is older is dropped by the month once it is sealed and handed on, and cannot be proved by evidence any more.',
  ),
  EVENTS_HELD_ALERT_SECONDS: setting(
    'eventsHeldAlertSeconds',
    whole(3, 86_400),
    60,
    'When an open transaction, in whatever database of the cluster, has kept the event log from settling for so long, the log names it as an error and a metric says so. Webhooks, lists of events and evidence wait for it; streams do not.',
  ),
  MODULUS_TABLES_DIR: setting(
    'modulusTablesDirectory',
    str,
    unset('the tables that are shipped'),
    'Folder with a newer `valacdos*.txt` and `scsubtab.txt` from Vocalink, for the modulus check of UK accounts.',
  ),
  NUMBER_SIGNALS: setting(
    'numberSignals',
    outboundApi,
    unset('– (off: unknown)'),
    'JSON: `{"baseUrl","tokenUrl","clientId","clientSecret"}` of a GSMA CAMARA API for SIM Swap and Call Forwarding Signal, asked before a number is rung back.',
  ),
  PAYEE_CHECK: setting(
    'payeeCheck',
    outboundApi,
    unset('– (off: unavailable)'),
    'JSON: `{"baseUrl","tokenUrl","clientId","clientSecret"}` of a Confirmation of Payee API, asked about a new account.',
  ),
};

type Settings = typeof SETTINGS;

/** What was read, by the name of the variable. */
export type Environment = {
  readonly [Name in keyof Settings]: Settings[Name] extends Declared<string | null, infer Value> ? Value : never;
};

/** The settings that Config takes over as they were read, by their name in it. */
export type TakenSettings = {
  readonly [
    Name in keyof Settings as Settings[Name]['key'] extends string ? Settings[Name]['key'] : never
  ]: Environment[Name];
};

/** Those of them that Config takes over. */
export function takenSettings(environment: Environment): TakenSettings {
  const taken = Object.entries(SETTINGS).flatMap(([name, { key }]) =>
    key === null ? [] : [[key, environment[name as keyof Settings]] as const],
  );
  return Object.fromEntries(taken) as unknown as TakenSettings;
}
