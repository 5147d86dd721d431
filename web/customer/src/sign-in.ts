import type { PageSettings } from './settings.js';

type SignInSettings = NonNullable<PageSettings['signIn']>;

interface Discovery {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint?: string;
}

/** The issuer said no, which another try does not change. */
class IssuerRefused extends Error {}

interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

/** What has to outlive the way to the issuer and back: nothing personal, and of no use to anybody else afterwards. */
interface UnderWay {
  readonly state: string;
  readonly verifier: string;
}

const UNDER_WAY = 'countersign-sign-in';
const RENEW_BEFORE_SECONDS = 60;

/** A sign-in of one customer: the token lives in this object and nowhere else. */
export class SignedIn {
  #tokens: Tokens;
  #renewAt: number;
  #renewing: Promise<string> | null = null;

  constructor(
    private readonly settings: SignInSettings,
    private readonly discovery: Discovery,
    tokens: Tokens,
  ) {
    this.#tokens = tokens;
    this.#renewAt = renewalOf(tokens);
  }

  /** The customer's id, as the access token says it; empty where it does not. */
  get customerId(): string {
    return claimOf(this.#tokens.access_token, this.settings.claim);
  }

  /** The access token; a new one shortly before it expires, and where the service took the old one no more. */
  readonly token = ({ renew }: { readonly renew: boolean }): string | Promise<string> => {
    const due = this.#tokens.refresh_token !== undefined && performance.now() >= this.#renewAt;
    if (!renew && !due) return this.#tokens.access_token;
    if (this.#tokens.refresh_token === undefined) return this.#tokens.access_token;
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  /** Tells the issuer that this sign-in is over (RFC 7009). Nothing waits for it. */
  end(): void {
    const { refresh_token: token, access_token } = this.#tokens;
    this.#tokens = { access_token };
    if (token === undefined || this.discovery.revocation_endpoint === undefined) return;
    const body = new URLSearchParams({ token, client_id: this.settings.clientId });
    void fetch(this.discovery.revocation_endpoint, {
      method: 'POST',
      body,
      credentials: 'omit',
      keepalive: true,
    }).catch(() => undefined);
  }

  async #renew(): Promise<string> {
    const refreshToken = this.#tokens.refresh_token!;
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: this.settings.clientId };
    const renewed = await requestTokens(this.discovery, form).catch((error: unknown) => {
      if (error instanceof IssuerRefused) return null;
      throw error;
    });
    if (renewed === null) {
      // The old token is refused by the service, by which the page knows that the sign-in is over.
      this.#tokens = { access_token: this.#tokens.access_token };
      return this.#tokens.access_token;
    }
    this.#tokens = { refresh_token: refreshToken, ...renewed };
    this.#renewAt = renewalOf(renewed);
    return renewed.access_token;
  }
}

/** Goes to the issuer (RFC 6749 section 4.1, RFC 7636). The page is left. @throws TypeError where it cannot be reached */
export async function goToSignIn(settings: SignInSettings): Promise<void> {
  const discovery = await discover(settings.issuer);
  const underWay: UnderWay = { state: random(), verifier: random() };
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(underWay));
  const url = new URL(discovery.authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: redirectUri(),
    scope: settings.scope,
    state: underWay.state,
    code_challenge: await challengeOf(underWay.verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  location.assign(url);
}

/**
 * Ends a sign-in whose answer is in the page's address, and takes it out of there.
 *
 * @returns null where there is none, or it was not asked for by this page.
 * @throws Error where the issuer refuses or cannot be reached
 */
export async function comeBack(settings: SignInSettings): Promise<SignedIn | null> {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state')) return null;
  history.replaceState(null, '', location.pathname);
  const kept = sessionStorage.getItem(UNDER_WAY);
  sessionStorage.removeItem(UNDER_WAY);
  const { state, verifier } = JSON.parse(kept ?? '{}') as Partial<UnderWay>;
  if (verifier === undefined || state !== answer.get('state')) return null;
  const code = answer.get('code');
  if (code === null) throw new TypeError('the issuer refused');
  const discovery = await discover(settings.issuer);
  // RFC 9207: an answer names the issuer that it is of.
  if (answer.has('iss') && answer.get('iss') !== discovery.issuer) return null;
  const tokens = await requestTokens(discovery, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri(),
    client_id: settings.clientId,
    code_verifier: verifier,
  });
  return new SignedIn(settings, discovery, tokens);
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
  if (!response.ok) throw new TypeError('the issuer is out of order');
  return (await response.json()) as Tokens;
}

/** The page that was left: its path names the tenant and nothing else. */
function redirectUri(): string {
  const tenant = document.querySelector<HTMLMetaElement>('meta[name=countersign-tenant]')!.content;
  return `${location.origin}/my/${tenant}`;
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

/** A claim of a token that this page was just given by its issuer: to show and to ask with, never to decide by. */
function claimOf(token: string, path: string): string {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const claims = JSON.parse(atob(payload)) as Record<string, unknown>;
    const found: unknown = Object.hasOwn(claims, path)
      ? claims[path]
      : path.split('.').reduce<unknown>((inner, name) => Object(inner)[name] as unknown, claims);
    return typeof found === 'string' ? found : '';
  } catch {
    return '';
  }
}
