import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startIssuerServer } from '../../../../test/support/issuer-server.js';
import type { IssuerServer } from '../../../../test/support/issuer-server.js';
import { AccessTokenVerifier } from '../access-token.verifier.js';
import {
  AGENT_CLIENT_ID,
  CONSOLE_CLIENT_ID,
  CUSTOMER_CLIENT_ID,
  developmentIssuerUrl,
  LOOPBACK_REDIRECT_URI,
} from './addresses.js';
import { claimsOf, DEMO_PEOPLE, scopesOf } from './demo-people.js';
import { createDevelopmentIssuers } from './development-issuers.js';
import { fetchDevelopmentToken } from './development-tokens.js';
import { issuerFile, MACHINE_CLIENTS, readIssuerSecrets } from './issuer-file.js';

const TENANTS = ['northbank', 'southbank'];
const warnings: unknown[] = [];
let running: IssuerServer;
let publicUrl: string;
let dataDirectory: string;

beforeAll(async () => {
  for (const level of ['warn', 'info', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((...values) => void warnings.push(values));
  running = await startIssuerServer();
  ({ publicUrl, dataDirectory } = running);
});

afterAll(() => running.stop());

afterEach(() => {
  expect(running.failures).toEqual([]);
});

const token = (identity: string, tenant = 'northbank') =>
  fetchDevelopmentToken({ serviceUrl: publicUrl, dataDirectory, tenant, identity });
const verifier = () =>
  new AccessTokenVerifier(TENANTS.map((id) => ({ id, issuer: developmentIssuerUrl(publicUrl, id) })));

async function askToken(
  tenant: string,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${publicUrl}/oidc/${tenant}/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Follows redirects with cookies by hand, as a browser would, until one leaves the issuer or a page is shown. */
class Browser {
  cookies = new Map<string, string>();

  async go(url: string, form?: Record<string, string>): Promise<{ url: string; response: Response }> {
    let next = url;
    let body = form && new URLSearchParams(form);
    for (;;) {
      const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next, {
        redirect: 'manual',
        headers: { cookie, accept: 'text/html' },
        ...(body ? { method: 'POST', body } : {}),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        this.cookies.set(name as string, value as string);
      }
      const target = response.headers.get('location');
      if (target === null) return { url: next, response };
      next = new URL(target, next).href;
      body = undefined;
      if (!next.startsWith(`${publicUrl}/oidc/`)) return { url: next, response };
    }
  }
}

function authorizationUrl(extra: Record<string, string | undefined>, tenant = 'northbank'): string {
  const query = {
    client_id: AGENT_CLIENT_ID,
    response_type: 'code',
    redirect_uri: LOOPBACK_REDIRECT_URI,
    scope: 'openid agent',
    state: 's',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...extra,
  };
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${publicUrl}/oidc/${tenant}/auth?${new URLSearchParams(given)}`;
}

describe('client credentials', () => {
  it.each(MACHINE_CLIENTS)('gives %s a token with its own scope, which the verifier accepts', async (identity) => {
    const jwt = await token(identity);
    const principal = await verifier().verify(jwt);
    expect(principal).toMatchObject({ tenantId: 'northbank', subject: identity, clientId: identity, name: null });
    expect([...principal.scopes]).toEqual([identity]);
    expect(decodeProtectedHeader(jwt)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const { iat, exp } = decodeJwt(jwt);
    expect((exp as number) - (iat as number)).toBe(3600);
  });

  it('refuses a client that asks for another scope, or for another audience', async () => {
    const { clientSecrets } = await readIssuerSecrets(issuerFile(dataDirectory, 'northbank'));
    const app = { grant_type: 'client_credentials', client_id: 'app', client_secret: clientSecrets.app };
    for (const scope of ['admin', 'app admin', 'agent', 'openid']) {
      expect(await askToken('northbank', { ...app, scope })).toMatchObject({
        status: 400,
        body: { error: 'invalid_scope' },
      });
    }
    expect(await askToken('northbank', { ...app, scope: 'app', resource: 'urn:other' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
    const bare = await askToken('northbank', app);
    expect([...(await verifier().verify(bare.body.access_token as string)).scopes]).toEqual([]);
  });

  it('refuses a wrong secret, and the secret of the other tenant', async () => {
    const { clientSecrets } = await readIssuerSecrets(issuerFile(dataDirectory, 'southbank'));
    for (const secret of ['wrong', clientSecrets.app]) {
      const answer = await askToken('northbank', {
        grant_type: 'client_credentials',
        client_id: 'app',
        client_secret: secret,
        scope: 'app',
      });
      expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    }
  });
});

describe('an agent signs in', () => {
  it('gets a token with the name and department of the person', async () => {
    const jwt = await token('agent:amara', 'southbank');
    expect(await verifier().verify(jwt)).toMatchObject({
      tenantId: 'southbank',
      subject: 'amara',
      name: 'Amara Okafor',
      clientId: AGENT_CLIENT_ID,
    });
    expect(decodeJwt(jwt)).toMatchObject({ scope: expect.stringContaining('agent'), department: 'Fraud Operations' });
  });

  it.each(DEMO_PEOPLE)('$kind $id gets the scopes and claims of their kind, and no other', async (person) => {
    const jwt = await token(`${person.kind}:${person.id}`);
    const { scope, ...claims } = decodeJwt(jwt);
    expect(claims).toMatchObject({ sub: person.id, ...claimsOf(person) });
    expect(String(scope).split(' ').sort()).toEqual([...scopesOf(person)].sort());
  });

  it('with a token of less than was asked for, where that is more than the person has', async () => {
    const browser = new Browser();
    const codeVerifier = randomBytes(32).toString('base64url');
    const page = await browser.go(
      authorizationUrl({
        client_id: CONSOLE_CLIENT_ID,
        scope: 'openid agent supervisor analyst admin',
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      }),
    );
    const { url } = await browser.go(page.url, { person: 'ben' });
    const answer = await askToken('northbank', {
      grant_type: 'authorization_code',
      client_id: CONSOLE_CLIENT_ID,
      redirect_uri: LOOPBACK_REDIRECT_URI,
      code: new URL(url).searchParams.get('code') as string,
      code_verifier: codeVerifier,
    });
    const principal = await verifier().verify(answer.body.access_token as string);
    expect([...principal.scopes]).toEqual(['agent']);
  });

  it('on a page that lists only those who may have what is asked for', async () => {
    const listed = async (extra: Record<string, string>) => {
      const { response } = await new Browser().go(authorizationUrl(extra));
      return [...(await response.text()).matchAll(/name="person" value="(\w+)"/g)].map(([, id]) => id);
    };
    expect(await listed({ scope: 'openid agent' })).toEqual(['amara', 'ben', 'chioma', 'dana']);
    expect(await listed({ client_id: CUSTOMER_CLIENT_ID, scope: 'customer' })).toEqual(['maya', 'noah', 'ines']);
  });

  it('on the console page, and is asked again each time who it is', async () => {
    const browser = new Browser();
    for (const agent of ['ben', 'chioma']) {
      const codeVerifier = randomBytes(32).toString('base64url');
      const redirect = { redirect_uri: `${publicUrl}/console/callback` };
      const challenge = createHash('sha256').update(codeVerifier).digest('base64url');
      const page = await browser.go(authorizationUrl({ ...redirect, code_challenge: challenge }));
      expect(page.response.status).toBe(200);
      expect(await page.response.text()).toContain('For development only');
      const done = await browser.go(page.url, { agent });
      const code = new URL(done.url).searchParams.get('code') as string;
      const grant = {
        grant_type: 'authorization_code',
        client_id: AGENT_CLIENT_ID,
        code,
        code_verifier: codeVerifier,
        ...redirect,
      };
      const answer = await askToken('northbank', grant);
      expect(decodeJwt(answer.body.access_token as string)).toMatchObject({ sub: agent });
      expect(answer.body.refresh_token).toBeUndefined();
      expect(await askToken('northbank', grant)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    }
  });

  it('is refused without PKCE, with plain PKCE, with a scope beyond its own, and at a foreign redirect address', async () => {
    const refused = async (extra: Record<string, string | undefined>) => {
      const { url, response } = await new Browser().go(authorizationUrl(extra));
      return new URL(url).searchParams.get('error') ?? response.status;
    };
    expect(await refused({ code_challenge: undefined, code_challenge_method: undefined })).toBe('invalid_request');
    expect(await refused({ code_challenge_method: 'plain' })).toBe('invalid_request');
    expect(await refused({ scope: 'openid agent admin' })).toBe('invalid_scope');
    expect(await refused({ redirect_uri: 'https://evil.example/callback' })).toBe(400);
    expect(await refused({ redirect_uri: 'http://127.0.0.1:9/other' })).toBe(400);
    expect(await refused({ resource: 'urn:other' })).toBe('invalid_target');
  });

  it('gets no token for a code with the wrong verifier', async () => {
    const browser = new Browser();
    const page = await browser.go(authorizationUrl({ redirect_uri: 'http://127.0.0.1:50123/callback' }));
    const { url } = await browser.go(page.url, { agent: 'amara' });
    const code = new URL(url).searchParams.get('code') as string;
    const answer = await askToken('northbank', {
      grant_type: 'authorization_code',
      client_id: AGENT_CLIENT_ID,
      redirect_uri: 'http://127.0.0.1:50123/callback',
      code,
      code_verifier: 'x'.repeat(43),
    });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('can cancel; and the page refuses unknown people, other browsers, other sites and long forms', async () => {
    const browser = new Browser();
    const page = await browser.go(authorizationUrl({}));
    expect((await new Browser().go(page.url)).response.status).toBe(400);
    expect((await browser.go(page.url, { agent: 'mallory' })).response.status).toBe(400);
    expect((await browser.go(page.url, { agent: 'amara', filler: 'x'.repeat(5000) })).response.status).toBe(400);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const foreign = await fetch(page.url, {
      method: 'POST',
      body: new URLSearchParams({ agent: 'amara' }),
      headers: { cookie, 'sec-fetch-site': 'cross-site' },
    });
    expect(foreign.status).toBe(403);
    expect(new URL((await browser.go(page.url, { cancel: 'yes' })).url).searchParams.get('error')).toBe(
      'access_denied',
    );
  });
});

describe('the issuers', () => {
  it('keep tenants apart: a token verifies for its own tenant alone', async () => {
    const onlyNorth = new AccessTokenVerifier([
      { id: 'northbank', issuer: developmentIssuerUrl(publicUrl, 'northbank') },
    ]);
    await expect(onlyNorth.verify(await token('app', 'southbank'))).rejects.toMatchObject({ reason: 'unauthorized' });
    // The same issuer URL with the other tenant's keys behind it.
    const crossed = new AccessTokenVerifier([
      {
        id: 'northbank',
        issuer: developmentIssuerUrl(publicUrl, 'northbank'),
        jwksUri: `${developmentIssuerUrl(publicUrl, 'southbank')}/jwks`,
      },
    ]);
    await expect(crossed.verify(await token('app'))).rejects.toMatchObject({ reason: 'unauthorized' });
  });

  it('take only what is under the path of a tenant they know', async () => {
    for (const path of [
      '/',
      '/oidc',
      '/oidc/',
      '/oidc/northbank',
      '/oidc/eastbank/token',
      '/v1/calls',
      '/oidc/%6eorthbank/jwks',
    ]) {
      expect((await fetch(`${publicUrl}${path}`)).headers.get('x-taken'), path).toBe('no');
    }
    expect((await fetch(`${publicUrl}/oidc/northbank/nothing`)).headers.get('x-taken')).toBeNull();
  });

  it('publish no private key, and bound request bodies', async () => {
    const { keys } = (await (await fetch(`${publicUrl}/oidc/northbank/jwks`)).json()) as { keys: object[] };
    expect(keys).toHaveLength(1);
    expect(keys[0]).not.toHaveProperty('d');
    const answer = await askToken('northbank', { grant_type: 'client_credentials', filler: 'x'.repeat(100_000) });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('are refused in production, whatever the configuration says', async () => {
    vi.stubEnv('NODE_ENV', 'production');
    await expect(createDevelopmentIssuers({ tenants: TENANTS, publicUrl, dataDirectory })).rejects.toThrow(
      'NODE_ENV=production',
    );
    vi.unstubAllEnvs();
  });

  it('raise none of the warnings of oidc-provider', () => {
    expect(warnings.filter((values) => JSON.stringify(values).includes('oidc-provider'))).toEqual([]);
  });
});
