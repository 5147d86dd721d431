import type { IncomingMessage, ServerResponse } from 'node:http';
import { createLocalJWKSet, decodeJwt, type JWK, jwtVerify } from 'jose';
import { AUDIENCE } from '../../../config/token-rules.js';
import { claimsOf, findDemoPerson } from './demo-people.js';
import { isPageOf, isPageOrigin } from './public-clients.js';
import { errorPage, PAGE_HEADERS, signedOutPage } from './sign-in-page.js';

/** What the library does not answer as it is wanted here: its access tokens are for this service, and it keeps no sessions. */
export interface OwnEndpoints {
  /** Answers and returns true, or returns false for what is not its own. */
  handle(path: string, req: IncomingMessage, res: ServerResponse): boolean;
}

export const USERINFO_PATH = '/me';
export const END_SESSION_PATH = '/session/end';

interface OwnEndpointsOptions {
  readonly issuer: string;
  readonly publicUrl: string;
  readonly publicKey: JWK;
  readonly now: () => number;
}

export function ownEndpoints({ issuer, publicUrl, publicKey, now }: OwnEndpointsOptions): OwnEndpoints {
  const keys = createLocalJWKSet({ keys: [publicKey] });

  /** OpenID Connect Core §5.3, for the token that the page has anyway. */
  async function userinfo(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const cors = corsHeaders(req, publicUrl, 'authorization, dpop');
    if (req.method === 'OPTIONS') return void res.writeHead(204, cors).end();
    const token = /^(?:Bearer|DPoP) +(\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
    const verified = await jwtVerify(token ?? '', keys, {
      issuer,
      audience: AUDIENCE,
      typ: 'at+jwt',
      currentDate: new Date(now()),
    }).catch(() => undefined);
    const person = findDemoPerson(verified?.payload.sub);
    if (!person) return void res.writeHead(401, { ...cors, 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    res.writeHead(200, { ...cors, 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end(JSON.stringify({ sub: person.id, ...claimsOf(person) }));
  }

  /** OpenID Connect RP-Initiated Logout §2: nobody is signed in here for longer than one sign-in, so the way back is all. */
  function endSession(path: string, res: ServerResponse): void {
    const query = new URL(path, issuer).searchParams;
    const back = query.get('post_logout_redirect_uri');
    if (back === null) return void res.writeHead(200, PAGE_HEADERS).end(signedOutPage());
    const clientId = query.get('client_id') ?? audienceOf(query.get('id_token_hint'));
    if (clientId === undefined || !isPageOf(clientId, back, publicUrl))
      return void res
        .writeHead(400, PAGE_HEADERS)
        .end(errorPage('invalid_request', 'The address to go back to is not one of the client that is named.'));
    const target = new URL(back);
    const state = query.get('state');
    if (state !== null) target.searchParams.set('state', state);
    res.writeHead(303, { ...PAGE_HEADERS, location: target.href }).end();
  }

  return {
    handle(path, req, res) {
      const [name] = path.split('?');
      if (name === USERINFO_PATH) void userinfo(req, res);
      else if (name === END_SESSION_PATH && req.method === 'GET') endSession(path, res);
      else return false;
      return true;
    },
  };
}

function corsHeaders(req: IncomingMessage, publicUrl: string, allowed: string): Record<string, string> {
  const { origin } = req.headers;
  if (origin === undefined || !isPageOrigin(origin, publicUrl)) return { vary: 'origin' };
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-methods': 'GET, POST',
    'access-control-allow-headers': allowed,
    'access-control-max-age': '3600',
  };
}

function audienceOf(idToken: string | null): string | undefined {
  try {
    const { aud } = decodeJwt(idToken ?? '');
    return typeof aud === 'string' ? aud : aud?.[0];
  } catch {
    return undefined;
  }
}
