import type { KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { cleanEnv } from 'envalid';
import { askForMasterKey, ConfigError, readMasterKey, readPreviousMasterKey, readSigningKey } from './config-keys.js';
import { type DatabaseAddresses, databaseAddresses, poolerConflicts } from './database-addresses.js';
import { type PagesEntry } from './pages.js';
import { requirePagesOf } from './tenant-pages.js';
import { type PushConfig, readDevelopmentWebPush, readPush } from './push-settings.js';
import type { TenantConfig } from './tenants.js';
import { reachable } from './reachable.js';
import { SETTINGS_BY_FILE, withFiles } from './settings-by-file.js';
import { type Environment, SETTINGS, takenSettings, type TakenSettings } from './settings.js';
import type { CommandSignerOptions } from '../transparency/command-signer.js';

export { ConfigError } from './config-keys.js';

type SigningCommand = Omit<CommandSignerOptions, 'timeLimitMs'>;

/** The settings that are taken over as they were read, and what is made of the others. */
export interface Config extends TakenSettings, Pick<DatabaseAddresses, 'poolerUrl'> {
  readonly production: boolean;
  /** How clients reach the service, without a trailing slash. */
  readonly publicUrl: string;
  readonly dataDirectory: string;
  /** Those of TENANTS, or of development; others are in the database. */
  readonly tenants: readonly TenantConfig[];
  /** Those of a tenant that says none of its own. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** What is said of the pages of tenants, by tenant, beside what their own entries say. */
  readonly pages: Readonly<Record<string, PagesEntry>>;
  readonly developmentIssuer: boolean;
  readonly masterKey: Buffer;
  /** The one that is being left: what only it opens is opened by it. */
  readonly previousMasterKey?: Buffer | undefined;
  /** What signs checkpoints of the transparency log, and evidence: a key, or a program that reaches one. */
  readonly signing: { readonly key: KeyObject } | SigningCommand;
  /** Whether this process does background work. */
  readonly workInProcess: boolean;
  /** CIDR ranges that webhooks and the witness may reach although they are not public. */
  readonly egressAllow: readonly string[];
  /** By which ways customers are told to open their app. */
  readonly push: PushConfig;
}

/** Reached by webhooks in development, so that examples work on one machine. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];
const DEVELOPMENT_TENANTS = ['northbank', 'southbank'];

/** Its customers sign in at the same issuer, which gives nobody scope `customer` along with another. */
function developmentTenant(id: string, publicUrl: string): TenantConfig {
  const issuer = `${publicUrl}/oidc/${id}`;
  return { id, issuer, customerIssuer: { issuer, claim: 'customer_id' } };
}

/** What was read of an environment, without what is wrong in it. */
export interface ReadEnvironment {
  readonly env: Environment;
  /** Each variable that is wrong, with a sentence that says what it should be. */
  readonly faults: Readonly<Partial<Record<keyof Environment, string>>>;
}

/** Reads every variable, whatever is wrong with others. A value is never repeated: it may be a secret. */
export function readEnvironment(environment: NodeJS.ProcessEnv): ReadEnvironment {
  const byFile = withFiles(environment);
  const given = Object.fromEntries(Object.entries(byFile.environment).filter(([, value]) => value !== ''));
  const specs = Object.fromEntries(Object.entries(SETTINGS).map(([name, { spec }]) => [name, spec]));
  const faults: Partial<Record<keyof Environment, string>> = {};
  const env = cleanEnv<Record<string, unknown>>(given, specs, {
    reporter: ({ errors }) => {
      for (const [name, error] of Object.entries(errors) as [keyof Environment, Error | undefined][])
        faults[name] = `${name} should be ${error?.message}. ${SETTINGS[name].meaning}`;
    },
  });
  // A cleaned environment throws for a name that it does not have, and what is wrong is not in it.
  return { env: { ...(env as object) } as Environment, faults: { ...faults, ...byFile.faults } };
}

function readSigningCommand(env: Environment, environment: NodeJS.ProcessEnv): SigningCommand | null {
  const { SIGNING_COMMAND: command, SIGNING_PUBLIC_KEY: publicJwk } = env;
  if ((command === undefined) !== (publicJwk === undefined))
    throw new ConfigError('SIGNING_COMMAND and SIGNING_PUBLIC_KEY belong together: one of them is missing.');
  if (command === undefined || publicJwk === undefined) return null;
  if (env.SIGNING_KEY !== undefined || env.SIGNING_KEY_FILE !== undefined)
    throw new ConfigError('SIGNING_COMMAND and SIGNING_KEY exclude each other.');
  return { command, publicJwk, environment: foreignTo(environment) };
}

/** What a program of the operator's finds in its environment: none of our settings, so none of our secrets. */
function foreignTo(environment: NodeJS.ProcessEnv): Record<string, string> {
  const own = new Set([...Object.keys(SETTINGS), ...SETTINGS_BY_FILE.map((name) => `${name}_FILE`)]);
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === undefined || own.has(name) ? [] : [[name, value]],
    ),
  );
}

function readMaster(env: Environment, environment: NodeJS.ProcessEnv): Buffer {
  const { MASTER_KEY: key, MASTER_KEY_FILE: file, MASTER_KEY_COMMAND: command } = env;
  if (command === undefined) return readMasterKey(key, file, resolve(env.DATA_DIR), env.NODE_ENV === 'production');
  if (key !== undefined || file !== undefined)
    throw new ConfigError('MASTER_KEY_COMMAND and MASTER_KEY exclude each other.');
  return askForMasterKey(command, foreignTo(environment));
}

/** What does not go together, in sentences; nothing is said of what is wrong by itself. */
function findConflicts({ env, faults }: ReadEnvironment, developmentIssuer: boolean): string[] {
  const production = env.NODE_ENV === 'production';
  const rules: [readonly (keyof Environment)[], boolean, string][] = [
    [
      ['DEVELOPMENT_ISSUER', 'NODE_ENV'],
      production && developmentIssuer,
      'DEVELOPMENT_ISSUER is refused when NODE_ENV=production: anybody can sign in as anybody there. Set TENANTS to your own issuers.',
    ],
    [
      ['TENANTS', 'DEVELOPMENT_ISSUER', 'NODE_ENV'],
      !developmentIssuer && env.TENANTS === undefined,
      'TENANTS is missing: a JSON array such as [{"id":"northbank","issuer":"https://login.example"}].',
    ],
    [
      ['TENANTS', 'DEVELOPMENT_ISSUER'],
      developmentIssuer && env.TENANTS !== undefined,
      'TENANTS and DEVELOPMENT_ISSUER exclude each other: the development issuer serves its own two tenants.',
    ],
    [
      ['SERVICE_DATABASE_URL', 'DATABASE_URL', 'MIGRATE'],
      Boolean(env.SERVICE_DATABASE_URL && !env.DATABASE_URL && env.MIGRATE),
      'MIGRATE should be false where only SERVICE_DATABASE_URL is set: that login may not migrate.',
    ],
    ...poolerConflicts(env),
    [
      ['WITNESS_URL'],
      production && Boolean(env.WITNESS_URL?.startsWith('http:')),
      'WITNESS_URL should be https when NODE_ENV=production.',
    ],
  ];
  return rules.filter(([names, breaks]) => breaks && names.every((name) => !faults[name])).map(([, , text]) => text);
}

type Keys = Pick<Config, 'masterKey' | 'previousMasterKey' | 'signing'>;

/** Reads the keys, or says what is wrong with each. None is made up where something else is wrong. */
function readKeys(
  { env, faults }: ReadEnvironment,
  environment: NodeJS.ProcessEnv,
  complaints: string[],
  generateKeys: boolean,
): Partial<Keys> {
  const [production, dataDirectory] = [env.NODE_ENV === 'production', resolve(env.DATA_DIR)];
  const isInOrder = complaints.length === 0 && generateKeys;
  const attempt = <Result>(isGiven: boolean, read: () => Result): Result | undefined => {
    if (!isInOrder && !isGiven && !production) return undefined;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      complaints.push(error.message);
      return undefined;
    }
  };
  const { SIGNING_KEY: signing, SIGNING_KEY_FILE: signingFile } = env;
  const isMasterGiven = [env.MASTER_KEY, env.MASTER_KEY_FILE, env.MASTER_KEY_COMMAND].some(
    (given) => given !== undefined,
  );
  const masterKey = faults.MASTER_KEY_COMMAND ? undefined : attempt(isMasterGiven, () => readMaster(env, environment));
  const previousMasterKey = attempt(true, () =>
    readPreviousMasterKey(env.MASTER_KEY_PREVIOUS, env.MASTER_KEY_PREVIOUS_FILE),
  );
  const master = { ...(masterKey ? { masterKey } : {}), ...(previousMasterKey ? { previousMasterKey } : {}) };
  if (faults.SIGNING_COMMAND || faults.SIGNING_PUBLIC_KEY) return master;
  const isSigningGiven = [signing, signingFile, env.SIGNING_COMMAND, env.SIGNING_PUBLIC_KEY].some(Boolean);
  const signer = attempt(
    isSigningGiven,
    () =>
      readSigningCommand(env, environment) ?? { key: readSigningKey(signing, signingFile, dataDirectory, production) },
  );
  return { ...master, ...(signer ? { signing: signer } : {}) };
}

/** A configuration, or all that keeps an environment from being one. */
export interface Inspection extends ReadEnvironment {
  readonly config: Config | null;
  /** One sentence for each fault, in the order of the settings; what does not go together comes after them. */
  readonly complaints: readonly string[];
  readonly masterKey: Buffer | undefined;
  readonly previousMasterKey: Buffer | undefined;
}

/** Reads an environment as far as it can be read, and names everything that is wrong with it at once. */
export function inspectEnvironment(environment: NodeJS.ProcessEnv, { generateKeys = true } = {}): Inspection {
  const read = readEnvironment(environment);
  const { env, faults } = read;
  const production = env.NODE_ENV === 'production';
  const publicUrl = env.PUBLIC_URL ?? `http://${reachable(env.HOST ?? '127.0.0.1')}:${env.PORT}`;
  const developmentIssuer = env.DEVELOPMENT_ISSUER ?? (!production && env.TENANTS === undefined && !faults.TENANTS);
  const complaints = [...Object.values(faults), ...findConflicts(read, developmentIssuer)];
  const push = readPush(env, faults, production, complaints);
  const { masterKey, previousMasterKey, signing } = readKeys(read, environment, complaints, generateKeys);
  const dataDirectory = resolve(env.DATA_DIR);
  const makesPushKey = generateKeys && !production && complaints.length === 0 && !push.webPush;
  const webPush = makesPushKey ? readDevelopmentWebPush(env, dataDirectory, complaints) : push.webPush;
  const masterKeys = { masterKey, previousMasterKey };
  if (complaints.length > 0 || !masterKey || !signing) return { ...read, config: null, complaints, ...masterKeys };
  const tenants = Object.freeze(
    (env.TENANTS ?? DEVELOPMENT_TENANTS.map((id) => developmentTenant(id, publicUrl))).map((tenant) =>
      env.CORS_ORIGINS ? { corsOrigins: env.CORS_ORIGINS, ...tenant } : tenant,
    ),
  );
  const config = Object.freeze({
    ...takenSettings(env),
    ...databaseAddresses(env),
    production,
    publicUrl,
    dataDirectory,
    tenants,
    ...(env.CORS_ORIGINS ? { corsOrigins: env.CORS_ORIGINS } : {}),
    pages: readTenantPages(tenants, env.PAGES),
    developmentIssuer,
    masterKey,
    ...(previousMasterKey ? { previousMasterKey } : {}),
    signing,
    workInProcess: env.WORKERS === 'in-process',
    egressAllow: env.EGRESS_ALLOW ?? (production ? [] : LOOPBACK),
    push: Object.freeze({ ...push, webPush }),
  });
  return { ...read, config, complaints, ...masterKeys };
}

/**
 * Reads the environment once and returns it validated and frozen.
 * @throws ConfigError naming each wrong variable and what it should be, all of them at once.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const { config, complaints } = inspectEnvironment(environment);
  if (!config) throw new ConfigError(complaints.join('\n'));
  return config;
}

function readTenantPages(tenants: readonly TenantConfig[], given: Environment['PAGES'] = {}): Config['pages'] {
  try {
    requirePagesOf(tenants, given);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
  return given;
}

/** The text of `npm start -- --help`. */
export function configHelp(): string {
  const settings = Object.entries(SETTINGS);
  const width = Math.max(...settings.map(([name]) => name.length));
  const lines = settings.map(
    ([name, { fallback, meaning }]) =>
      `  ${name.padEnd(width)}  ${meaning}\n  ${' '.repeat(width)}  Default: ${fallback}.`,
  );
  return `Countersign answers one question for a bank's customer: is this really my bank?\n\nUsage: npm start [-- --help]\n\nEvery setting is an environment variable:\n\n${lines.join('\n')}\n\nWith _FILE behind its name, each of these is the name of a file that holds it: ${SETTINGS_BY_FILE.join(', ')}.\n`;
}
