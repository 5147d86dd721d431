import { makeValidator } from 'envalid';
import { readDatabaseAddress, requireDirectAddress, requireReplicaAddress } from '../database/hosts.js';
import { type Ed25519Jwk, parseVerificationKey } from '../crypto/signing-key.js';
import { ORIGINS, readOrigin } from './origins.js';
import { isCidr } from '../outbound/egress-guard.js';
import { type PagesEntry, readPages } from './pages.js';
import { type RateLimitSettings, readRateLimits } from './rate-limits.js';
import { readTenants, type TenantConfig } from './tenants.js';

/** Where somebody else's API is, and who we are to it. */
export interface OutboundApiConfig {
  readonly baseUrl: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

function parseOr<Value>(parse: () => Value, form: string): Value {
  try {
    return parse();
  } catch {
    throw new Error(form);
  }
}

function parseHttpUrl(text: string, form: string): URL {
  const parsed = parseOr(() => new URL(text), form);
  if (!/^https?:$/.test(parsed.protocol)) throw new Error(form);
  return parsed;
}

/** A whole number within bounds. */
export function whole(low: number, high: number): ReturnType<typeof makeValidator<number>> {
  return makeValidator<number>((text) => {
    if (!/^\d{1,9}$/.test(text) || Number(text) < low || Number(text) > high)
      throw new Error(`a whole number from ${low} to ${high}`);
    return Number(text);
  });
}

export const yesOrNo = makeValidator<boolean>((text) => {
  if (text !== 'true' && text !== 'false') throw new Error('`true` or `false`');
  return text === 'true';
});

export const httpUrl = makeValidator<string>((text) => {
  const { search, hash } = parseHttpUrl(text, 'an http or https URL');
  if (search !== '' || hash !== '') throw new Error('an http or https URL without query or fragment');
  return text.replace(/\/+$/, '');
});

export const postgresUrl = makeValidator<string>((text) => {
  readDatabaseAddress(text);
  return text;
});

export const replicaUrl = makeValidator<string>((text) => {
  requireReplicaAddress(text);
  return text;
});

export const directUrl = makeValidator<string>((text) => {
  requireDirectAddress(text);
  return text;
});

/** One of a few words. */
export function oneOf<Choice extends string>(...choices: readonly Choice[]): ReturnType<typeof makeValidator<Choice>> {
  return makeValidator<Choice>((text) => {
    if (!choices.includes(text as Choice)) throw new Error(`one of ${choices.join(', ')}`);
    return text as Choice;
  });
}

export const cidrList = makeValidator<string[]>((text) => {
  const ranges = text === 'none' ? [] : text.split(',').map((range) => range.trim());
  if (!ranges.every(isCidr))
    throw new Error('CIDR ranges with commas between, such as 10.1.0.0/16,fd00::/8, or `none`');
  return ranges;
});

/** Ranges of which none is everybody: then whoever asks would say themself who they are. */
export const proxyList = makeValidator<string[]>((text) => {
  const ranges = text === 'none' ? [] : text.split(',').map((range) => range.trim());
  if (!ranges.every((range) => isCidr(range) && !range.endsWith('/0')))
    throw new Error('CIDR ranges with commas between, such as 10.1.0.0/16,fd00::/8, none of them /0, or `none`');
  return ranges;
});

export const originList = makeValidator<string[]>((text) => {
  const origins = text === 'none' ? [] : text.split(',').map((origin) => readOrigin(origin.trim()));
  if (origins.includes(null)) throw new Error(`${ORIGINS} with commas between, or \`none\``);
  return [...new Set(origins as string[])];
});

export const tenantList = makeValidator<TenantConfig[]>((text) => {
  return readTenants(parseOr(() => JSON.parse(text) as unknown, 'a JSON array of at least one tenant'));
});

export const rateLimits = makeValidator<RateLimitSettings>((text) =>
  readRateLimits(parseOr(() => JSON.parse(text) as unknown, 'a JSON object of limits')),
);

export const pagesByTenant = makeValidator<Readonly<Record<string, PagesEntry>>>((text) =>
  readPages(parseOr(() => JSON.parse(text) as unknown, 'a JSON object of tenants')),
);

/** The address of an API that is called with client-credential tokens. */
export const outboundApi = makeValidator<OutboundApiConfig>((text) => {
  const form = 'JSON with the texts `baseUrl`, `tokenUrl`, `clientId` and `clientSecret`, the addresses https';
  const { baseUrl, tokenUrl, clientId, clientSecret, ...rest } = parseOr(
    () => JSON.parse(text) as Record<string, unknown>,
    form,
  );
  if (
    ![baseUrl, tokenUrl, clientId, clientSecret].every((value) => typeof value === 'string' && value !== '') ||
    Object.keys(rest).length > 0
  )
    throw new Error(form);
  for (const address of [baseUrl, tokenUrl]) parseHttpUrl(address as string, form);
  return { baseUrl, tokenUrl, clientId, clientSecret } as OutboundApiConfig;
});

/** A program and its arguments. */
export const commandLine = makeValidator<[string, ...string[]]>((text) => {
  const form = 'a JSON array of a program and its arguments, such as ["/usr/local/bin/sign","--key","1"]';
  const parsed: unknown = parseOr(() => JSON.parse(text) as unknown, form);
  if (
    !Array.isArray(parsed) ||
    parsed.length === 0 ||
    !parsed.every((part) => typeof part === 'string') ||
    parsed[0] === ''
  )
    throw new Error(form);
  return parsed as [string, ...string[]];
});

export const verificationKey = makeValidator<Ed25519Jwk>((text) =>
  parseOr(() => parseVerificationKey(text), 'an Ed25519 public key, SPKI PEM or JWK'),
);
