import type { KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { cleanEnv } from 'envalid';
import { ConfigError, readMasterKey, readSigningKey } from './config-keys.js';
import type { TenantConfig } from './config-validators.js';
import { type Environment, SETTINGS, takenSettings, type TakenSettings } from './settings.js';
import type { CommandSignerOptions } from '../transparency/command-signer.js';

export { ConfigError } from './config-keys.js';

type SigningCommand = Omit<CommandSignerOptions, 'timeLimitMs'>;

/** The settings that are taken over as they were read, and what is made of the others. */
export interface Config extends TakenSettings {
  readonly production: boolean;
  /** How clients reach the service, without a trailing slash. */
  readonly publicUrl: string;
  readonly dataDirectory: string;
  readonly tenants: readonly TenantConfig[];
  readonly developmentIssuer: boolean;
  readonly masterKey: Buffer;
  /** What signs checkpoints of the transparency log, and evidence: a key, or a program that reaches one. */
  readonly signing: { readonly key: KeyObject } | SigningCommand;
  /** Whether this process does background work. */
  readonly workInProcess: boolean;
  /** CIDR ranges that webhooks and the witness may reach although they are not public. */
  readonly egressAllow: readonly string[];
}

/** Reached by webhooks in development, so that examples work on one machine. */
const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1/128'];
const DEVELOPMENT_TENANTS = ['northbank', 'southbank'];

function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const specs = Object.fromEntries(Object.entries(SETTINGS).map(([name, { spec }]) => [name, spec]));
  return cleanEnv<Record<string, unknown>>(given, specs, {
    reporter: ({ errors }) => {
      const lines = Object.entries(errors).map(
        ([name, error]) => `${name} should be ${error?.message}. ${SETTINGS[name as keyof Environment].meaning}`,
      );
      if (lines.length > 0) throw new ConfigError(lines.join('\n'));
    },
  }) as Environment;
}

function readSigningCommand(env: Environment, environment: NodeJS.ProcessEnv): SigningCommand | null {
  const { SIGNING_COMMAND: command, SIGNING_PUBLIC_KEY: publicJwk } = env;
  if ((command === undefined) !== (publicJwk === undefined))
    throw new ConfigError('SIGNING_COMMAND and SIGNING_PUBLIC_KEY belong together: one of them is missing.');
  if (command === undefined || publicJwk === undefined) return null;
  if (env.SIGNING_KEY !== undefined || env.SIGNING_KEY_FILE !== undefined)
    throw new ConfigError('SIGNING_COMMAND and SIGNING_KEY exclude each other.');
  const own = new Set(Object.keys(SETTINGS));
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
    ...takenSettings(env),
    production,
    publicUrl,
    dataDirectory,
    tenants: Object.freeze(env.TENANTS ?? DEVELOPMENT_TENANTS.map((id) => ({ id, issuer: `${publicUrl}/oidc/${id}` }))),
    developmentIssuer,
    masterKey: readMasterKey(env.MASTER_KEY, env.MASTER_KEY_FILE, dataDirectory, production),
    signing: readSigningCommand(env, environment) ?? {
      key: readSigningKey(env.SIGNING_KEY, env.SIGNING_KEY_FILE, dataDirectory, production),
    },
    workInProcess: env.WORKERS === 'in-process',
    egressAllow: env.EGRESS_ALLOW ?? (production ? [] : LOOPBACK),
  });
}

/** The text of `npm start -- --help`. */
export function configHelp(): string {
  const settings = Object.entries(SETTINGS);
  const width = Math.max(...settings.map(([name]) => name.length));
  const lines = settings.map(
    ([name, { fallback, meaning }]) =>
      `  ${name.padEnd(width)}  ${meaning}\n  ${' '.repeat(width)}  Default: ${fallback}.`,
  );
  return `Countersign answers one question for a bank's customer: is this really my bank?\n\nUsage: npm start [-- --help]\n\nEvery setting is an environment variable:\n\n${lines.join('\n')}\n`;
}
