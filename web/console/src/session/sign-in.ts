import type { ConsoleSettings } from '../settings.js';

interface Discovery {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

/** What has to outlive the way to the issuer and back: nothing personal, and of no use to anybody afterwards. */
interface UnderWay {
  readonly state: string;
  readonly verifier: string;
  /** The screen that was wanted; addresses of screens hold nothing personal. */
  readonly returnTo: string;
}

const UNDER_WAY = 'countersign-console-sign-in';
const RENEW_BEFORE_SECONDS = 60;

/** One person's sign-in: the tokens live in this object and nowhere else. */
export class SignedIn {
  #tokens: Tokens;
  #renewAt: number;
  #renewing: Promise<string> | null = null;

  constructor(
    private readonly settings: ConsoleSettings['signIn'],
    private readonly discovery: Discovery,
    tokens: Tokens,
  ) {
    this.#tokens = tokens;
    this.#renewAt = renewalOf(tokens);
  }

  /** The access token; a new one shortly before it expires, and where the service took the old one no more. */
  readonly token = ({ renew }: { readonly renew: boolean }): string | Promise<string> => {
    const due = this.#tokens.refresh_token !== undefined && performance.now() >= this.#renewAt;
    if ((!renew && !due) || this.#tokens.refresh_token === undefined) return this.#tokens.access_token;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  /** Where the issuer renews no more, the old token goes on until the service refuses it: that ends the session. */
  async #renew(): Promise<string> {
    const { access_token, refresh_token } = this.#tokens;
    try {
      const form = { grant_type: 'refresh_token', refresh_token: refresh_token!, client_id: this.settings.clientId };
      const renewed = await requestTokens(this.discovery, form);
      this.#tokens = { refresh_token: refresh_token!, ...renewed };
      this.#renewAt = renewalOf(renewed);
    } catch (error) {
      if (!(error instanceof NotGiven)) throw error;
      this.#tokens = { access_token };
    }
    return this.#tokens.access_token;
  }
}

/** The issuer refused for good. */
class NotGiven extends TypeError {}

/** Goes to the issuer (RFC 6749 section 4.1, RFC 7636). The page is left. @throws TypeError where it cannot be reached */
export async function goToSignIn({ tenant, signIn }: ConsoleSettings, returnTo: string): Promise<void> {
  const discovery = await discover(signIn.issuer);
  const underWay: UnderWay = { state: random(), verifier: random(), returnTo };
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(underWay));
  const url = new URL(discovery.authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: signIn.clientId,
    redirect_uri: redirectUri(tenant),
    scope: signIn.scope,
    state: underWay.state,
    code_challenge: await challengeOf(underWay.verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * Ends a sign-in whose answer is in the page's address, and puts back the address that was wanted.
 *
 * @returns null where there is none, or it was not asked for by this page.
 * @throws TypeError where the issuer refuses or cannot be reached
 */
export async function comeBack({ tenant, signIn }: ConsoleSettings): Promise<SignedIn | null> {
  const answer = new URLSearchParams(location.search);
  // Other addresses have a `state` of their own: a filter.
  if (!answer.has('state') || location.href.split('?')[0] !== redirectUri(tenant)) return null;
  const kept = sessionStorage.getItem(UNDER_WAY);
  sessionStorage.removeItem(UNDER_WAY);
  const { state, verifier, returnTo } = JSON.parse(kept ?? '{}') as Partial<UnderWay>;
  const mine = verifier !== undefined && state === answer.get('state');
  history.replaceState(null, '', mine && returnTo?.startsWith(`/console/${tenant}`) ? returnTo : location.pathname);
  if (!mine) return null;
  const code = answer.get('code');
  if (code === null) throw new TypeError('the issuer refused');
  const discovery = await discover(signIn.issuer);
  // RFC 9207: an answer names the issuer that it is of.
  if (answer.has('iss') && answer.get('iss') !== discovery.issuer) return null;
  const tokens = await requestTokens(discovery, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(tenant),
    client_id: signIn.clientId,
    code_verifier: verifier,
  });
  return new SignedIn(signIn, discovery, tokens);
}

async function discover(issuer: string): Promise<Discovery> {
  const response = await fetch(`${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`, {
    credentials: 'omit',
    redirect: 'error',
  });
  const found = (await response.json()) as Discovery;
  if (found.issuer !== issuer) throw new TypeError('another issuer answered');
  return found;
}

async function requestTokens({ token_endpoint }: Discovery, form: Record<string, string>): Promise<Tokens> {
  const response = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams(form),
    credentials: 'omit',
    redirect: 'error',
  });
  if (response.status >= 400 && response.status < 500) throw new NotGiven('no token was given');
  if (!response.ok) throw new TypeError('the issuer could not answer');
  return (await response.json()) as Tokens;
}

/** One address for a tenant, which its issuer knows. */
function redirectUri(tenant: string): string {
  return `${location.origin}/console/${tenant}`;
}

function renewalOf({ expires_in: seconds = 300 }: Tokens): number {
  return performance.now() + Math.max(5, seconds - RENEW_BEFORE_SECONDS) * 1_000;
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

async function challengeOf(verifier: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
}
