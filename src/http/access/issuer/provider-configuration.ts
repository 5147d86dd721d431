import type { AdapterFactory, ClientMetadata, Configuration, errors } from 'oidc-provider';
import { AUDIENCE } from '../access-token.verifier.js';
import { SCOPES } from '../principal.js';
import { AGENT_CLIENT_ID, LOOPBACK_REDIRECT_URI } from './addresses.js';
import { findDemoAgent } from './demo-agents.js';
import type { IssuerSecrets } from './issuer-file.js';
import { MACHINE_CLIENTS } from './issuer-file.js';
import { errorPage } from './sign-in-page.js';

const HOUR = 3_600;
const MINUTE = 60;
/** What the sign-in page grants: the OpenID part, and the one scope of this service that an agent has. */
export const AGENT_SCOPE = 'openid profile agent';

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
    clientBasedCORS: (_ctx, origin) => origin === new URL(publicUrl).origin,
    claims: { openid: ['sub'], profile: ['name', 'department'] },
    cookies: { keys: [secrets.cookieKey], long: { ...cookie, path }, short: cookie },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    expiresWithSession: () => false,
    extraTokenClaims: (_ctx, token) => {
      const agent = findDemoAgent('accountId' in token ? token.accountId : undefined);
      return agent && { name: agent.name, department: agent.department };
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: resourceIndicators(InvalidTarget),
    },
    formats: { customizers: { jwt: (_ctx, _token, { payload }) => moveInTime(now, payload) } },
    findAccount: (_ctx, id) => {
      const agent = findDemoAgent(id);
      return (
        agent && {
          accountId: agent.id,
          claims: () => ({ sub: agent.id, name: agent.name, department: agent.department }),
        }
      );
    },
    interactions: { url: (_ctx, interaction) => `${path}/interaction/${interaction.uid}` },
    issueRefreshToken: () => false,
    jwks: { keys: [secrets.signingKey] },
    pkce: { required: () => true },
    renderError: (ctx, { error, error_description: description }) => {
      ctx.type = 'html';
      ctx.body = errorPage(error, description ?? '');
    },
    responseTypes: ['code'],
    scopes: [...AGENT_SCOPE.split(' '), ...SCOPES],
    ttl: {
      AccessToken: HOUR,
      ClientCredentials: HOUR,
      AuthorizationCode: MINUTE,
      IdToken: HOUR,
      Interaction: 10 * MINUTE,
      Session: 10 * MINUTE,
      Grant: HOUR,
    },
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
  const consoleUri = `${publicUrl}/console/callback`;
  return [
    ...machines,
    {
      client_id: AGENT_CLIENT_ID,
      client_name: 'Countersign agent desktop',
      token_endpoint_auth_method: 'none',
      application_type: fitsNative(consoleUri) ? 'native' : 'web',
      scope: AGENT_SCOPE,
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris: [LOOPBACK_REDIRECT_URI, consoleUri],
    },
  ];
}

/** A native client may use any port of loopback; but then all its http addresses must be loopback, and no https one. */
function fitsNative(uri: string): boolean {
  const { protocol, hostname } = new URL(uri);
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname) === (protocol === 'http:');
}
