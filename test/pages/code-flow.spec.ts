import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginSignIn, endSignIn, SignedIn, type SignInClient } from '../../web/sign-in/src/code-flow.js';

/** Serves what an issuer would, over real HTTP, and keeps what it was asked. */
class Issuer {
  readonly asked: URLSearchParams[] = [];
  status = 200;
  names: string | null = null;
  tokens: object = { access_token: 'first', refresh_token: 'again', expires_in: 300 };
  #server!: Server;

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      if (request.url === '/.well-known/openid-configuration') {
        const at = this.url;
        return void response.end(
          JSON.stringify({
            issuer: this.names ?? at,
            authorization_endpoint: `${at}/auth`,
            token_endpoint: `${at}/token`,
          }),
        );
      }
      let body = '';
      request.on('data', (more: Buffer) => (body += more.toString()));
      request.on('end', () => {
        this.asked.push(new URLSearchParams(body));
        response.statusCode = this.status;
        response.end(JSON.stringify(this.status === 200 ? this.tokens : { error: 'invalid_grant' }));
      });
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

const REDIRECT = 'http://page.test/my/northbank';
let issuer: Issuer;
let client: SignInClient;
beforeEach(async () => {
  issuer = new Issuer();
  await issuer.listen();
  client = { issuer: issuer.url, clientId: 'page', scope: 'openid' };
});
afterEach(() => issuer.close());

const answer = (parameters: Record<string, string>): URLSearchParams => new URLSearchParams(parameters);
async function signedIn(): Promise<SignedIn> {
  const { underWay } = await beginSignIn(client, REDIRECT);
  const grant = await endSignIn(client, REDIRECT, answer({ code: 'c', state: underWay.state }), underWay);
  return new SignedIn(client, grant!);
}

describe('the sign-in of the pages', () => {
  it('asks with a challenge whose verifier it sends only for the tokens', async () => {
    const { url, underWay } = await beginSignIn(client, REDIRECT);
    const challenge = createHash('sha256').update(underWay.verifier).digest('base64url');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'page',
      redirect_uri: REDIRECT,
      scope: 'openid',
      state: underWay.state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    expect(url.href).not.toContain(underWay.verifier);
    expect(underWay.state).toMatch(/^[\w-]{43}$/);
    await endSignIn(client, REDIRECT, answer({ code: 'c', state: underWay.state, iss: issuer.url }), underWay);
    expect(issuer.asked.map((form) => Object.fromEntries(form))).toEqual([
      {
        grant_type: 'authorization_code',
        code: 'c',
        redirect_uri: REDIRECT,
        client_id: 'page',
        code_verifier: underWay.verifier,
      },
    ]);
  });

  it.each([
    ['another state', { code: 'c', state: 'x' }],
    ['no state', { code: 'c' }],
  ])('takes no answer with %s, and asks the issuer for nothing', async (_what, parameters) => {
    const { underWay } = await beginSignIn(client, REDIRECT);
    expect(await endSignIn(client, REDIRECT, answer(parameters), underWay)).toBeNull();
    expect(issuer.asked).toEqual([]);
  });

  it('takes no answer where it has asked nothing, or where another issuer answers', async () => {
    expect(await endSignIn(client, REDIRECT, answer({ code: 'c' }), {})).toBeNull();
    const { underWay } = await beginSignIn(client, REDIRECT);
    const { state } = underWay;
    expect(
      await endSignIn(client, REDIRECT, answer({ code: 'c', state, iss: 'http://other.test' }), underWay),
    ).toBeNull();
    issuer.names = 'http://other.test';
    await expect(endSignIn(client, REDIRECT, answer({ code: 'c', state }), underWay)).rejects.toThrow(TypeError);
    await expect(beginSignIn(client, REDIRECT)).rejects.toThrow(TypeError);
    expect(issuer.asked).toEqual([]);
  });

  it('says that the issuer refuses: no code, no tokens', async () => {
    const { underWay } = await beginSignIn(client, REDIRECT);
    const { state } = underWay;
    await expect(endSignIn(client, REDIRECT, answer({ error: 'access_denied', state }), underWay)).rejects.toThrow(
      TypeError,
    );
    issuer.status = 400;
    await expect(endSignIn(client, REDIRECT, answer({ code: 'c', state }), underWay)).rejects.toThrow(TypeError);
  });

  it('renews when it is told to, once for all who ask, and keeps the refresh token that the issuer does not replace', async () => {
    const person = await signedIn();
    expect(await person.token({ renew: false })).toBe('first');
    issuer.tokens = { access_token: 'second' };
    expect(await Promise.all([1, 2, 3].map(async () => person.token({ renew: true })))).toEqual([
      'second',
      'second',
      'second',
    ]);
    issuer.tokens = { access_token: 'third', refresh_token: 'rotated' };
    expect(await person.token({ renew: true })).toBe('third');
    await person.token({ renew: true });
    expect(issuer.asked.slice(1).map((form) => form.get('refresh_token'))).toEqual(['again', 'again', 'rotated']);
  });

  it('goes on with the old token where the issuer renews no more, and asks it no more', async () => {
    const person = await signedIn();
    issuer.status = 400;
    expect(await person.token({ renew: true })).toBe('first');
    expect(await person.token({ renew: true })).toBe('first');
    expect(issuer.asked).toHaveLength(2);
  });

  it('does not take an issuer that is out of order for one that refuses', async () => {
    const person = await signedIn();
    issuer.status = 503;
    await expect(Promise.resolve(person.token({ renew: true }))).rejects.toThrow(TypeError);
    issuer.status = 200;
    issuer.tokens = { access_token: 'second' };
    expect(await person.token({ renew: true })).toBe('second');
  });
});
