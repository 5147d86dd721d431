import { isIP } from 'node:net';
import { getPublicSuffix } from 'tldts';
import type { TenantValues } from './tenant-values.js';
import { isOriginOf } from '../crypto/passkey-assertion.js';

/** For whom a tenant's customers make passkeys: the relying party of Web Authentication. */
export interface RelyingParty {
  /** A domain name; a passkey of it works on no other. */
  readonly rpId: string;
  /** The pages and apps that may use it. */
  readonly origins: readonly string[];
  /** What the browser shows. */
  readonly name: string;
}

const MOST_ORIGINS = 20;
const FORM =
  'a list in which `passkeys` is `{"rpId":"bank.example","origins":["https://www.bank.example"],"name":"Bank"}`: a domain and https origins of it (or `android:apk-key-hash:…`)';

/** Reads the member `passkeys` of a tenant. @throws Error that says what it should be. */
export function readRelyingParty(value: unknown, tenantId: string): RelyingParty {
  const { rpId, origins, name = tenantId, ...rest } = Object(value) as Record<string, unknown>;
  if (typeof rpId !== 'string' || !isDomain(rpId) || Object.keys(rest).length > 0) throw new Error(FORM);
  if (typeof name !== 'string' || name === '' || name.length > 64) throw new Error(FORM);
  if (!Array.isArray(origins) || origins.length === 0 || origins.length > MOST_ORIGINS) throw new Error(FORM);
  if (!origins.every((origin) => typeof origin === 'string' && isOriginOf(origin, rpId))) throw new Error(FORM);
  return { rpId, origins: origins as string[], name };
}

/**
 * The relying party of a tenant that names none: the host of PUBLIC_URL, where that is a domain name under https. In
 * development it is `localhost` where PUBLIC_URL is an address, which is no RP id: pages are opened there by that name.
 */
export function defaultRelyingParty(publicUrl: string, tenantId: string, production: boolean): RelyingParty | null {
  const { hostname, origin, port, protocol } = new URL(publicUrl);
  if (protocol === 'https:' && isDomain(hostname)) return { rpId: hostname, origins: [origin], name: tenantId };
  if (production) return null;
  const local = `http://localhost${port === '' ? '' : `:${port}`}`;
  return { rpId: 'localhost', origins: [...new Set([local, origin])], name: tenantId };
}

/** The relying party of each tenant, by its id; null where it can have no passkeys. */
export type RelyingParties = TenantValues<RelyingParty | null>;

/** For whom a tenant's customers make passkeys; null where they can have none. */
export function relyingPartyOf(
  { id, passkeys }: { readonly id: string; readonly passkeys?: RelyingParty },
  { publicUrl, production }: { readonly publicUrl: string; readonly production: boolean },
): RelyingParty | null {
  return passkeys ?? defaultRelyingParty(publicUrl, id, production);
}

function isDomain(text: string): boolean {
  if (text === 'localhost') return true;
  return (
    /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/.test(text) &&
    isIP(text) === 0 &&
    getPublicSuffix(text, { allowPrivateDomains: true }) !== text
  );
}
