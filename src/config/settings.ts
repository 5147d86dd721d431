import { str } from 'envalid';
import {
  cidrList,
  directUrl,
  originList,
  httpUrl,
  oneOf,
  outboundApi,
  postgresUrl,
  replicaUrl,
  tenantList,
  whole,
  yesOrNo,
} from './config-validators.js';
import { type Declared, setting, unset } from './declared-setting.js';
import { LIMIT_SETTINGS } from './limit-settings.js';
import { embedOriginsSetting, pagesSetting } from './page-settings.js';
import { KEY_SETTINGS } from './key-settings.js';
import { TELEMETRY_SETTINGS } from './telemetry-settings.js';
import { apnsSetting, fcmSetting, vapidSubject } from './push-settings.js';

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
    'PostgreSQL 15 or newer, as the role that owns the schema: it migrates, and creates the login that serves requests. Of several hosts (`h1:5432,h2:5432`) the one that takes writes.',
  ),
  SERVICE_DATABASE_URL: setting(
    'serviceDatabaseUrl',
    postgresUrl,
    unset('made from DATABASE_URL'),
    "The login that serves requests, a member of `countersign_service` that owns nothing. Set it to keep the owner's password away from the service.",
  ),
  DATABASE_POOLER: setting(
    null,
    oneOf('transaction'),
    unset('– (none)'),
    '`transaction`: DATABASE_URL or SERVICE_DATABASE_URL is the address of a pooler such as PgBouncer with `pool_mode=transaction`, by which requests are served.',
  ),
  DATABASE_DIRECT_URL: setting(
    null,
    directUrl,
    unset('– (none)'),
    'With DATABASE_POOLER: the same database without the pooler, as `postgres://host:5432/database` without a login, for what needs a session: migrations, keys and background work.',
  ),
  MIGRATE: setting(
    'migrate',
    yesOrNo,
    true,
    '`false`: do not migrate at start, and refuse a schema that is older than this version; run `npm run migrate` yourself.',
  ),
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
  REPLICA_URL: setting(
    'replicaUrl',
    replicaUrl,
    unset('– (off)'),
    'A streaming standby, as `postgres://host:5432/database` without a login: exports, evidence, proofs of the log and long lists are read there where it has come to where the primary was, and at the primary otherwise. Nothing is decided from it.',
  ),
  REPLICA_MAX_LAG_SECONDS: setting(
    'replicaMaxLagSeconds',
    whole(1, 3_600),
    5,
    'A replica that has been behind for longer is not asked until it has caught up.',
  ),
  REPLICA_CONNECTIONS: setting(
    'replicaConnections',
    whole(1, 200),
    4,
    'Most connections to the replica, for each tenant and process; opened when they are needed, and closed after 30 s without work. More than four tenants, for whom that would be more than 128 in a process or than there is room for, share five times as many.',
  ),
  DATA_DIR: setting(null, str, './.data', 'Where the embedded database and generated development keys live.'),
  TENANTS: setting(
    null,
    tenantList,
    unset('northbank and southbank on the development issuer'),
    'JSON: `[{"id":"northbank","issuer":"https://login.example"}]`, with `jwksUri` where the issuer has no discovery document, `customerIssuer` where customers come by themselves, `corsOrigins` for browsers, `"passkeys":{"rpId":"bank.example","origins":["https://www.bank.example"]}` where passkeys are of another domain than PUBLIC_URL, `diagnostics` for developers, `rateLimits` as RATE_LIMITS has them, `pages` as PAGES has them, and what else docs/issuers.md says of tokens.',
  ),
  PAGES: pagesSetting,
  EMBED_ORIGINS: embedOriginsSetting,
  ...LIMIT_SETTINGS,
  DEVELOPMENT_ISSUER: setting(
    null,
    yesOrNo,
    unset('true, if TENANTS is not set and not in production'),
    'The embedded OIDC issuer at `/oidc/<tenant>`.',
  ),
  CORS_ORIGINS: setting(
    null,
    originList,
    unset('none'),
    'Origins with commas between, such as `https://console.bank.example`, whose pages may ask from a browser; `none` for none. In TENANTS, `corsOrigins` says them for one tenant.',
  ),
  ...KEY_SETTINGS,
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
  CLIENT_CERT_PROXIES: setting(
    'certificateProxies',
    cidrList,
    unset('none'),
    'CIDR ranges, with commas between, of proxies that end TLS and hand the certificate of a client on in `Client-Cert` (RFC 9440, or PEM with escapes); they must remove that header from what comes in. Tokens bound to a certificate need one.',
  ),
  METRICS_PORT: setting(
    'metricsPort',
    whole(1, 65_535),
    unset('– (then /metrics needs scope admin)'),
    'Serve Prometheus metrics on this port of HOST, without a token.',
  ),
  ...TELEMETRY_SETTINGS,
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
    'Most of them from one address (of IPv6, one /64) that is not in TRUSTED_PROXIES.',
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
  VAPID_SUBJECT: setting(
    null,
    vapidSubject,
    unset('– (Web Push is off; in development mailto:development@example.com)'),
    'Who push services may ask about pushes: a `mailto:` address or an https URL, of a real domain. Turns Web Push on.',
  ),
  VAPID_PRIVATE_KEY: setting(
    null,
    str,
    unset('–'),
    'The P-256 private key of Web Push, 32 bytes in base64url. Where it changes, browsers have to subscribe again. Required with VAPID_SUBJECT in production, here or as a file.',
  ),
  VAPID_PRIVATE_KEY_FILE: setting(
    null,
    str,
    unset('DATA_DIR/vapid.key, generated in development'),
    'File that holds the key of Web Push.',
  ),
  FCM: setting(
    null,
    fcmSetting,
    unset('– (off)'),
    'JSON: `{"serviceAccountFile"}`, the key of a service account of Firebase Cloud Messaging. Turns pushes to Android apps on.',
  ),
  APNS: setting(
    null,
    apnsSetting,
    unset('– (off)'),
    'JSON: `{"keyFile","keyId","teamId","topics"}` of the Apple Push Notification service; with `baseUrl` for its sandbox. Turns pushes to iOS apps on.',
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
