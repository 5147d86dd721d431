import type { AdapterFactory, ClientMetadata, Configuration, errors } from 'oidc-provider';
import { AUDIENCE } from '../../../config/token-rules.js';
import { SCOPES } from '../principal.js';
import { claimsOf, findDemoPerson } from './demo-people.js';
import type { IssuerSecrets } from './issuer-file.js';
import { MACHINE_CLIENTS } from './issuer-file.js';
import { END_SESSION_PATH, USERINFO_PATH } from './own-endpoints.js';
import { isPageOrigin, OPENID_SCOPE, publicClients } from './public-clients.js';
import { errorPage } from './sign-in-page.js';

const HOUR = 3_600;
const MINUTE = 60;
export interface ProviderOptions {
  readonly issuer: string;
  readonly publicUrl: string;
  readonly secrets: IssuerSecrets;
  /** Where sign-ins are kept that are under way. */
  readonly adapter: AdapterFactory;
  /** The clock that tokens are verified by; the library goes by that of this process. */
  readonly now: () => number;
  /** The library's error, handed over so that this file does not load the library. */
  readonly InvalidTarget: typeof errors.InvalidTarget;
}

/** In seconds. */
const LIFETIMES = {
  AccessToken: HOUR,
  ClientCredentials: HOUR,
  AuthorizationCode: MINUTE,
  IdToken: HOUR,
  Interaction: 10 * MINUTE,
  Session: 10 * MINUTE,
  Grant: 8 * HOUR,
  RefreshToken: 8 * HOUR,
};

/** Returns the configuration of one tenant's development issuer, all of it explicit: no default of the library warns. */
export function providerConfiguration({
  issuer,
  publicUrl,
  secrets,
  adapter,
  now,
  InvalidTarget,
}: ProviderOptions): Configuration {
  const path = new URL(issuer).pathname;
  const cookie = { httpOnly: true, sameSite: 'lax' as const };
  return {
    adapter,
    clients: clients(publicUrl, secrets),
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_ctx, origin) => isPageOrigin(origin, publicUrl),
    claims: { openid: ['sub'], profile: ['name', 'department', 'customer_id'] },
    cookies: { keys: [secrets.cookieKey], long: { ...cookie, path }, short: cookie },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    // A page may read who signed in from the ID token; the access token is not its own to read.
    conformIdTokenClaims: false,
    discovery: { userinfo_endpoint: `${issuer}${USERINFO_PATH}`, end_session_endpoint: `${issuer}${END_SESSION_PATH}` },
    expiresWithSession: () => false,
    extraTokenClaims: (_ctx, token) => {
      const person = findDemoPerson('accountId' in token ? token.accountId : undefined);
      return person && claimsOf(person);
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: resourceIndicators(InvalidTarget),
    },
    formats: { customizers: { jwt: (_ctx, _token, { payload }) => moveInTime(now, payload) } },
    findAccount: (_ctx, id) => {
      const person = findDemoPerson(id);
      return person && { accountId: id, claims: () => ({ sub: id, ...claimsOf(person) }) };
    },
    interactions: { url: (_ctx, interaction) => `${path}/interaction/${interaction.uid}` },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: [secrets.signingKey] },
    pkce: { required: () => true },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = errorPage(error, description ?? '');
    },
    responseTypes: ['code'],
    scopes: [...OPENID_SCOPE.split(' '), ...SCOPES],
    ttl: LIFETIMES,
  };
}

/** Moves the times of a token, in seconds, from this process's clock to the one that tokens are verified by. */
function moveInTime(now: () => number, payload: { iat?: unknown; exp?: unknown }): void {
  const ahead = Math.round((Date.now() - now()) / 1_000);
  payload.iat = (payload.iat as number) - ahead;
  payload.exp = (payload.exp as number) - ahead;
}

/** Every access token is a JWT for this service (RFC 8707, RFC 9068), whether or not the client names it. */
function resourceIndicators(
  InvalidTarget: typeof errors.InvalidTarget,
): NonNullable<Configuration['features']>['resourceIndicators'] {
  return {
    enabled: true,
    defaultResource: () => AUDIENCE,
    useGrantedResource: () => true,
    getResourceServerInfo: (_ctx, resource) => {
      if (resource !== AUDIENCE) throw new InvalidTarget();
      return {
        scope: SCOPES.join(' '),
        audience: AUDIENCE,
        accessTokenFormat: 'jwt',
        accessTokenTTL: HOUR,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
  };
}

function clients(publicUrl: string, { clientSecrets }: IssuerSecrets): ClientMetadata[] {
  const machines = MACHINE_CLIENTS.map((id): ClientMetadata => ({
    client_id: id,
    client_secret: clientSecrets[id],
    scope: id,
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  }));
  return [...machines, ...publicClients(publicUrl)];
}
