import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IssuerServer, startIssuerServer } from '../../../../test/support/issuer-server.js';
import { SignInBrowser } from '../../../../test/support/sign-in.js';
import { AccessTokenVerifier } from '../access-token.verifier.js';
import { AGENT_CLIENT_ID, CONSOLE_CLIENT_ID, CUSTOMER_CLIENT_ID, developmentIssuerUrl } from './addresses.js';
import { DEMO_PEOPLE, scopesOf } from './demo-people.js';
import { isPageOf } from './public-clients.js';

const ORIGIN = 'http://localhost:5173';
const REDIRECT_URI = `${ORIGIN}/some/where?kept=1`;

let running: IssuerServer;
let server: oauth.AuthorizationServer;
/** As a browser would: every request says which page it is of, and what may not be read is not. */
const asPage = async (url: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> => {
  const response = await fetch(url, { ...init, headers: { ...init.headers, origin: ORIGIN } });
  expect(['*', ORIGIN]).toContain(response.headers.get('access-control-allow-origin'));
  return response;
};
const http = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: asPage as never } as const;
const verifier = (): AccessTokenVerifier =>
  new AccessTokenVerifier([
    {
      id: 'northbank',
      issuer: server.issuer,
      customerIssuer: { issuer: server.issuer, claim: 'customer_id' },
    },
  ]);

beforeAll(async () => {
  running = await startIssuerServer();
  const issuer = new URL(developmentIssuerUrl(running.publicUrl, 'northbank'));
  server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
});
afterAll(async () => {
  expect(running.failures).toEqual([]);
  await running.stop();
});

interface SignIn {
  readonly client: oauth.Client;
  readonly tokens: oauth.TokenEndpointResponse;
}

async function signIn(clientId: string, person: string, scope: string, redirectUri = REDIRECT_URI): Promise<SignIn> {
  const client: oauth.Client = { client_id: clientId };
  const codeVerifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(server.authorization_endpoint!);
  url.search = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  }).toString();
  const called = await new SignInBrowser(running.publicUrl).signIn(url, person);
  expect(called.href).toContain(redirectUri);
  const params = oauth.validateAuthResponse(server, client, called, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    params,
    redirectUri,
    codeVerifier,
    http,
  );
  return {
    client,
    tokens: await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce }),
  };
}

describe('a page of another origin, by an ordinary OpenID client', () => {
  it.each(DEMO_PEOPLE)('signs in $kind $id, whose token the service takes', async (person) => {
    const clientId = person.kind === 'customer' ? CUSTOMER_CLIENT_ID : CONSOLE_CLIENT_ID;
    const { client, tokens } = await signIn(clientId, person.id, 'openid profile');
    const principal = await verifier().verify(tokens.access_token);
    expect([...principal.scopes].sort()).toEqual([...scopesOf(person)].sort());
    expect(principal).toMatchObject({
      subject: person.id,
      department: person.department ?? null,
      ...(person.kind === 'customer' ? { customerId: person.id } : { name: person.name }),
    });
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({ sub: person.id, name: person.name });
    const info = await oauth.userInfoRequest(server, client, tokens.access_token, http);
    expect(await oauth.processUserInfoResponse(server, client, person.id, info)).toMatchObject({ name: person.name });
  });

  it('renews its tokens before they expire, each refresh token once, and revokes them', async () => {
    const { client, tokens } = await signIn(CONSOLE_CLIENT_ID, 'amara', 'openid offline_access agent');
    const renew = async (token: string): Promise<oauth.TokenEndpointResponse> =>
      oauth.processRefreshTokenResponse(
        server,
        client,
        await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, http),
      );
    const renewed = await renew(tokens.refresh_token!);
    expect(await verifier().verify(renewed.access_token)).toMatchObject({
      subject: 'amara',
      scopes: new Set(['agent']),
    });
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    const revoked = await oauth.revocationRequest(server, client, oauth.None(), renewed.refresh_token!, http);
    await oauth.processRevocationResponse(revoked);
    await expect(renew(renewed.refresh_token!)).rejects.toMatchObject({ error: 'invalid_grant' });
    const other = await signIn(CONSOLE_CLIENT_ID, 'amara', 'openid agent');
    const next = await renew(other.tokens.refresh_token!);
    await expect(renew(other.tokens.refresh_token!)).rejects.toMatchObject({ error: 'invalid_grant' });
    // Used twice, it was stolen: what came of it is worth nothing either.
    await expect(renew(next.refresh_token!)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('preflights the token endpoint and userinfo', async () => {
    for (const address of [server.token_endpoint!, server.userinfo_endpoint!, server.revocation_endpoint!]) {
      const { status, headers } = await fetch(address, {
        method: 'OPTIONS',
        headers: {
          origin: ORIGIN,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, dpop',
        },
      });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
      expect(headers.get('access-control-allow-headers')).toMatch(/authorization/i);
    }
  });

  it('is not let in from the rest of the web', async () => {
    const response = await fetch(server.token_endpoint!, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
      body: new URLSearchParams({ client_id: CONSOLE_CLIENT_ID, grant_type: 'refresh_token', refresh_token: 'x' }),
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const info = await fetch(server.userinfo_endpoint!, { headers: { origin: 'https://evil.example' } });
    expect(info.status).toBe(401);
    expect(info.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('signs out: back to the page that asks, with its state, and nowhere else', async () => {
    const { tokens } = await signIn(CONSOLE_CLIENT_ID, 'ben', 'openid agent');
    const leave = (query: Record<string, string>): Promise<Response> =>
      fetch(`${server.end_session_endpoint}?${new URLSearchParams(query)}`, { redirect: 'manual' });
    const back = await leave({
      id_token_hint: tokens.id_token!,
      post_logout_redirect_uri: `${ORIGIN}/bye`,
      state: 's 1',
    });
    expect([back.status, back.headers.get('location')]).toEqual([303, `${ORIGIN}/bye?state=s+1`]);
    expect((await leave({ client_id: CONSOLE_CLIENT_ID, post_logout_redirect_uri: `${ORIGIN}/bye` })).status).toBe(303);
    expect(await (await leave({})).text()).toContain('You are signed out');
    const refused: Record<string, string>[] = [
      { client_id: CONSOLE_CLIENT_ID, post_logout_redirect_uri: 'https://evil.example/' },
      { client_id: 'nobody', post_logout_redirect_uri: `${ORIGIN}/bye` },
      { post_logout_redirect_uri: `${ORIGIN}/bye` },
      { id_token_hint: 'x', post_logout_redirect_uri: `${ORIGIN}/bye` },
    ];
    for (const query of refused) expect((await leave(query)).status).toBe(400);
  });
});

describe('an address to come back to', () => {
  const service = 'https://countersign.bank.example';
  it.each([
    'http://localhost:5173/',
    'http://localhost/callback',
    'http://127.0.0.1:1/a/b?c=d',
    'http://[::1]:8080/x',
    'https://localhost:8443/cb',
    `${service}/my/callback`,
  ])('%s is one of a page', (address) => {
    expect(isPageOf(CONSOLE_CLIENT_ID, address, service)).toBe(true);
  });

  it.each([
    'https://evil.example/',
    'http://localhost.evil.example/',
    'http://localhost@evil.example/',
    'http://evil.example\\@localhost/',
    'http://127.0.0.1.evil.example/',
    'http://localhost:5173/#code',
    'javascript:alert(1)',
    'http:localhost',
    'http://0.0.0.0/',
    'http://192.168.0.1/',
    '',
    ' http://localhost/',
    'http://localhost/\r\nx: y',
    'countersign://localhost/',
  ])('%j is none', (address) => {
    expect(isPageOf(CONSOLE_CLIENT_ID, address, service)).toBe(false);
  });

  it('is for pages alone', () => {
    expect(isPageOf(AGENT_CLIENT_ID, 'http://localhost:1/', service)).toBe(false);
    expect(isPageOf('app', 'http://localhost:1/', service)).toBe(false);
  });
});
