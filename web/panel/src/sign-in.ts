/** How the bank's people sign in, as the service wrote it into the page. */
export interface SignInSettings {
  readonly tenant: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

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

const RENEW_BEFORE_SECONDS = 60;

/** A sign-in of one agent: its tokens live in this object and nowhere else. */
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

  /** The access token; a new one shortly before it expires, and where the service took the old one no more. */
  readonly token = ({ renew }: { readonly renew: boolean }): string | Promise<string> => {
    const { access_token: token, refresh_token: refresh } = this.#tokens;
    if (refresh === undefined || (!renew && performance.now() < this.#renewAt)) return token;
    this.#renewing ??= this.#renew(refresh).finally(() => (this.#renewing = null));
    return this.#renewing;
  };

  async #renew(refreshToken: string): Promise<string> {
    const renewed = await requestTokens(this.discovery, {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      client_id: this.settings.clientId,
    });
    // Where the issuer refuses, the old token goes on: the service says when it is good no more.
    if (renewed === null) return this.#tokens.access_token;
    this.#tokens = { refresh_token: refreshToken, ...renewed };
    this.#renewAt = renewalOf(renewed);
    return renewed.access_token;
  }
}

/**
 * Signs in through a window of the issuer's (RFC 6749 section 4.1, RFC 7636): a frame cannot show its page, and what a
 * frame stores may be kept from it. Has to be called while something is pressed, or the browser opens no window.
 *
 * @returns null where nobody signed in
 * @throws TypeError where the issuer refuses or cannot be reached
 */
export async function signInByWindow(settings: SignInSettings): Promise<SignedIn | null> {
  const opened = window.open('about:blank', '', 'popup,width=480,height=720');
  if (opened === null) throw new TypeError('the browser opened no window');
  const [state, verifier] = [random(), random()];
  const redirectUri = `${location.origin}/panel/${settings.tenant}/signed-in`;
  try {
    const discovery = await discover(settings.issuer);
    const url = new URL(discovery.authorization_endpoint);
    const parameters = {
      response_type: 'code',
      client_id: settings.clientId,
      redirect_uri: redirectUri,
      scope: settings.scope,
      state,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    opened.location.replace(url);
    const answer = await answerOf(opened);
    // RFC 9207: an answer names the issuer that it is of.
    const isOurs = answer?.get('state') === state && (answer.get('iss') ?? discovery.issuer) === discovery.issuer;
    if (!answer || !isOurs) return null;
    const code = answer.get('code');
    if (code === null) throw new TypeError('the issuer refused');
    const tokens = await requestTokens(discovery, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_id: settings.clientId,
      code_verifier: verifier,
    });
    if (tokens === null) throw new TypeError('no token was given');
    return new SignedIn(settings, discovery, tokens);
  } finally {
    opened.close();
  }
}

/** What the window brings back; null where it was closed. */
function answerOf(opened: Window): Promise<URLSearchParams | null> {
  return new Promise((resolve) => {
    const end = (answer: URLSearchParams | null): void => {
      clearInterval(watching);
      removeEventListener('message', hear);
      resolve(answer);
    };
    const hear = ({ origin, source, data }: MessageEvent): void => {
      if (origin !== location.origin || source !== opened) return;
      const { countersign, search } = Object(data) as Record<string, unknown>;
      if (countersign === 'signed-in' && typeof search === 'string') end(new URLSearchParams(search));
    };
    const watching = setInterval(() => opened.closed && end(null), 500);
    addEventListener('message', hear);
  });
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

/** Null where the issuer refuses. */
async function requestTokens({ token_endpoint }: Discovery, form: Record<string, string>): Promise<Tokens | null> {
  const response = await fetch(token_endpoint, {
    method: 'POST',
    body: new URLSearchParams(form),
    credentials: 'omit',
    redirect: 'error',
  });
  return response.ok ? ((await response.json()) as Tokens) : null;
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
