/** At which issuer a page's people sign in, and as which client the page is known there. */
export interface SignInClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

interface Discovery {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint?: string;
}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

/** What has to outlive the way to the issuer and back: nothing personal, and of no use to anybody else afterwards. */
export interface UnderWay {
  readonly state: string;
  readonly verifier: string;
}

/** What the issuer gave for an answer of its own. */
export interface Grant {
  readonly discovery: Discovery;
  readonly tokens: Tokens;
}

/** The issuer said no, which another try does not change. */
class IssuerRefused extends TypeError {}

const RENEW_BEFORE_SECONDS = 60;

/** One person's sign-in: the tokens live in this object and nowhere else. */
export class SignedIn {
  #tokens: Tokens;
  #renewAt: number;
  #renewing: Promise<string> | null = null;
  protected readonly discovery: Discovery;

  constructor(
    protected readonly client: SignInClient,
    { discovery, tokens }: Grant,
  ) {
    this.discovery = discovery;
    this.#tokens = tokens;
    this.#renewAt = renewalOf(tokens);
  }

  /** The access token; a new one shortly before it expires, and where the service took the old one no more. */
  readonly token = ({ renew }: { readonly renew: boolean }): string | Promise<string> => {
    const { access_token: token, refresh_token: refreshToken } = this.#tokens;
    if (refreshToken === undefined || (!renew && performance.now() < this.#renewAt)) return token;
    this.#renewing ??= this.#renew(refreshToken).finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  protected get accessToken(): string {
    return this.#tokens.access_token;
  }

  /** Renews no more; what could have been renewed with is given back. */
  protected forgetRefreshToken(): string | undefined {
    const { access_token, refresh_token } = this.#tokens;
    this.#tokens = { access_token };
    return refresh_token;
  }

  /** Where the issuer renews no more, the old token goes on until the service refuses it: that ends the sign-in. */
  async #renew(refreshToken: string): Promise<string> {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: this.client.clientId };
    try {
      const renewed = await requestTokens(this.discovery, form);
      this.#tokens = { refresh_token: refreshToken, ...renewed };
      this.#renewAt = renewalOf(renewed);
    } catch (error) {
      if (!(error instanceof IssuerRefused)) throw error;
      this.forgetRefreshToken();
    }
    return this.#tokens.access_token;
  }
}

/**
 * Where to go to sign in (RFC 6749 section 4.1, RFC 7636), and what to keep until the answer is there.
 * @throws TypeError where the issuer cannot be reached
 */
export async function beginSignIn(
  client: SignInClient,
  redirectUri: string,
): Promise<{ readonly url: URL; readonly underWay: UnderWay }> {
  const { authorization_endpoint } = await discover(client.issuer);
  const underWay: UnderWay = { state: random(), verifier: random() };
  const url = new URL(authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    scope: client.scope,
    state: underWay.state,
    code_challenge: await challengeOf(underWay.verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return { url, underWay };
}

/** Whether an answer is to what this page has asked. */
export function isAnswerTo<Asked extends Partial<UnderWay>>(
  answer: URLSearchParams,
  asked: Asked,
): asked is Asked & UnderWay {
  return asked.verifier !== undefined && asked.state === answer.get('state');
}

/**
 * Redeems an answer of the issuer's.
 *
 * @returns null where it is not to what was asked, or of another issuer
 * @throws TypeError where the issuer refuses or cannot be reached
 */
export async function endSignIn(
  client: SignInClient,
  redirectUri: string,
  answer: URLSearchParams,
  underWay: Partial<UnderWay>,
): Promise<Grant | null> {
  if (!isAnswerTo(answer, underWay)) return null;
  const discovery = await discover(client.issuer);
  // RFC 9207: an answer names the issuer that it is of.
  if (answer.has('iss') && answer.get('iss') !== discovery.issuer) return null;
  const code = answer.get('code');
  if (code === null) throw new TypeError('the issuer refused');
  const tokens = await requestTokens(discovery, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    client_id: client.clientId,
    code_verifier: underWay.verifier,
  });
  return { discovery, tokens };
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
  if (response.status >= 400 && response.status < 500) throw new IssuerRefused('no token was given');
  if (!response.ok) throw new TypeError('the issuer could not answer');
  return (await response.json()) as Tokens;
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
