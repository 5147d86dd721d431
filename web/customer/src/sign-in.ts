import { beginSignIn, endSignIn, SignedIn, type UnderWay } from '../../sign-in/src/code-flow.js';
import type { PageSettings } from './settings.js';

type SignInSettings = NonNullable<PageSettings['signIn']>;

const UNDER_WAY = 'countersign-sign-in';

/** A sign-in of one customer. */
export class CustomerSignedIn extends SignedIn {
  declare protected readonly client: SignInSettings;

  /** The customer's id, as the access token says it; empty where it does not. */
  get customerId(): string {
    return claimOf(this.accessToken, this.client.claim);
  }

  /** Tells the issuer that this sign-in is over (RFC 7009). Nothing waits for it. */
  end(): void {
    const token = this.forgetRefreshToken();
    if (token === undefined || this.discovery.revocation_endpoint === undefined) return;
    const body = new URLSearchParams({ token, client_id: this.client.clientId });
    void fetch(this.discovery.revocation_endpoint, {
      method: 'POST',
      body,
      credentials: 'omit',
      keepalive: true,
    }).catch(() => undefined);
  }
}

/** Goes to the issuer. The page is left. @throws TypeError where it cannot be reached */
export async function goToSignIn(settings: SignInSettings): Promise<void> {
  const { url, underWay } = await beginSignIn(settings, redirectUri());
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(underWay));
  location.assign(url);
}

/**
 * Ends a sign-in whose answer is in the page's address, and takes it out of there.
 *
 * @returns null where there is none, or it was not asked for by this page.
 * @throws Error where the issuer refuses or cannot be reached
 */
export async function comeBack(settings: SignInSettings): Promise<CustomerSignedIn | null> {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('state')) return null;
  history.replaceState(null, '', location.pathname);
  const kept = JSON.parse(sessionStorage.getItem(UNDER_WAY) ?? '{}') as Partial<UnderWay>;
  sessionStorage.removeItem(UNDER_WAY);
  const grant = await endSignIn(settings, redirectUri(), answer, kept);
  return grant && new CustomerSignedIn(settings, grant);
}

/** The page that was left: its path names the tenant and nothing else. */
function redirectUri(): string {
  const tenant = document.querySelector<HTMLMetaElement>('meta[name=countersign-tenant]')!.content;
  return `${location.origin}/my/${tenant}`;
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
