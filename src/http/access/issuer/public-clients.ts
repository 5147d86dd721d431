import type { ClientMetadata } from 'oidc-provider';
import type { Scope } from '../principal.js';
import { AGENT_CLIENT_ID, CONSOLE_CLIENT_ID, CUSTOMER_CLIENT_ID, LOOPBACK_REDIRECT_URI } from './addresses.js';

/** What everybody who signs in may have, next to their scopes of this service. */
export const OPENID_SCOPE = 'openid profile offline_access';

/** A client that people sign in through, without a secret: a page, a desktop, a phone. */
interface PublicClient {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Whether it may be on any port and path of this machine, and renew its tokens. */
  readonly isPage: boolean;
}

const PUBLIC_CLIENTS: readonly PublicClient[] = [
  { id: AGENT_CLIENT_ID, name: 'Countersign agent desktop', scopes: ['agent', 'supervisor'], isPage: false },
  {
    id: CONSOLE_CLIENT_ID,
    name: 'Countersign console',
    scopes: ['agent', 'supervisor', 'analyst', 'admin'],
    isPage: true,
  },
  { id: CUSTOMER_CLIENT_ID, name: 'Countersign for customers', scopes: ['customer'], isPage: true },
];

/** Returns the scopes of this service that a client may ask for; none for a client without people. */
export function scopesOfClient(id: string): readonly Scope[] {
  return PUBLIC_CLIENTS.find((client) => client.id === id)?.scopes ?? [];
}

export function publicClients(publicUrl: string): ClientMetadata[] {
  const consoleUri = `${publicUrl}/console/callback`;
  return PUBLIC_CLIENTS.map(({ id, name, scopes, isPage }) => ({
    client_id: id,
    client_name: name,
    token_endpoint_auth_method: 'none',
    application_type: isOfThisMachine(consoleUri) === consoleUri.startsWith('http:') ? 'native' : 'web',
    scope: [OPENID_SCOPE, ...scopes].join(' '),
    grant_types: ['authorization_code', ...(isPage ? ['refresh_token'] : [])],
    response_types: ['code'],
    redirect_uris: [LOOPBACK_REDIRECT_URI, consoleUri],
  }));
}

/** Whether a page at this address may sign people in through the client: on this machine, or a page of the service's own. */
export function isPageOf(clientId: string, address: string, publicUrl: string): boolean {
  const client = PUBLIC_CLIENTS.find(({ id }) => id === clientId);
  if (!client?.isPage || address.includes('#') || !URL_TEXT.test(address)) return false;
  return isOfThisMachine(address) || new URL(address).origin === new URL(publicUrl).origin;
}

/** Whether a page of this origin may read what the issuer answers. */
export function isPageOrigin(origin: string, publicUrl: string): boolean {
  return URL_TEXT.test(origin) && (isOfThisMachine(origin) || origin === new URL(publicUrl).origin);
}

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];
/** Nothing in an address may lead two readers to two hosts. */
const URL_TEXT = /^https?:\/\/[A-Za-z0-9.:[\]-]+(?:\/[\w.~!$&'()*+,;=:@%/-]*)?(?:\?[\w.~!$&'()*+,;=:@%/?-]*)?$/;

function isOfThisMachine(address: string): boolean {
  return URL_TEXT.test(address) && LOOPBACK.includes(new URL(address).hostname);
}
