// An OIDC issuer on this machine, to try a first day with: discovery, keys, and RFC 9068 access tokens for Countersign.
// It is certified software (oidc-provider), and yet none to keep: its secrets are in this file.
import { Provider } from 'oidc-provider';

const PORT = Number(process.env.ISSUER_PORT ?? 4000);
const HOST = process.env.ISSUER_HOST ?? '127.0.0.1';
/** How others reach it, where that is through a proxy. */
const URL = process.env.ISSUER_URL;
const AUDIENCE = 'urn:countersign';
const PEOPLE = { amara: { name: 'Amara Okafor', department: 'Fraud Operations' } };

const machine = (id) => ({
  client_id: id,
  client_secret: `${id}-secret`,
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: id,
});

const provider = new Provider(URL ?? `http://127.0.0.1:${PORT}`, {
  clients: [
    machine('app'),
    machine('admin'),
    { ...machine('desktop'), client_secret: 'desktop-secret', grant_types: ['urn:first-day:person'], scope: 'agent' },
  ],
  scopes: ['app', 'admin', 'agent'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => AUDIENCE,
      getResourceServerInfo: () => ({ scope: 'app admin agent', audience: AUDIENCE, accessTokenFormat: 'jwt' }),
    },
  },
  findAccount: (_ctx, id) => PEOPLE[id] && { accountId: id, claims: () => ({ sub: id }) },
  extraTokenClaims: (_ctx, token) => PEOPLE[token.accountId],
});

// A person signs in at a page; this grant stands for it, so that a first day fits into a shell.
provider.registerGrantType(
  'urn:first-day:person',
  async (ctx) => {
    const { client, params } = ctx.oidc;
    const { AccessToken, Grant, ResourceServer } = provider;
    const grant = new Grant({ accountId: params.person, clientId: client.clientId });
    grant.addResourceScope(AUDIENCE, 'agent');
    const token = new AccessToken({
      accountId: params.person,
      client,
      grantId: await grant.save(),
      gty: 'urn:first-day:person',
      scope: 'agent',
    });
    token.resourceServer = new ResourceServer(AUDIENCE, {
      scope: 'agent',
      audience: AUDIENCE,
      accessTokenFormat: 'jwt',
    });
    ctx.body = { access_token: await token.save(), token_type: 'Bearer', expires_in: token.expiration };
  },
  ['person'],
);

provider.proxy = URL !== undefined;
provider.listen(PORT, HOST);
