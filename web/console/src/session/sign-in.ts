import { beginSignIn, endSignIn, isAnswerTo, SignedIn, type UnderWay } from '../../../sign-in/src/code-flow.js';
import type { ConsoleSettings } from '../settings.js';

const UNDER_WAY = 'countersign-console-sign-in';

/** Beside what the issuer needs, the screen that was wanted; addresses of screens hold nothing personal. */
interface Kept extends UnderWay {
  readonly returnTo: string;
}

/** Goes to the issuer. The page is left. @throws TypeError where it cannot be reached */
export async function goToSignIn({ tenant, signIn }: ConsoleSettings, returnTo: string): Promise<void> {
  const { url, underWay } = await beginSignIn(signIn, redirectUri(tenant));
  const kept: Kept = { ...underWay, returnTo };
  sessionStorage.setItem(UNDER_WAY, JSON.stringify(kept));
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
  const kept = JSON.parse(sessionStorage.getItem(UNDER_WAY) ?? '{}') as Partial<Kept>;
  sessionStorage.removeItem(UNDER_WAY);
  const wanted = isAnswerTo(answer, kept) && kept.returnTo?.startsWith(`/console/${tenant}`);
  history.replaceState(null, '', wanted ? kept.returnTo : location.pathname);
  const grant = await endSignIn(signIn, redirectUri(tenant), answer, kept);
  return grant && new SignedIn(signIn, grant);
}

/** One address for a tenant, which its issuer knows. */
function redirectUri(tenant: string): string {
  return `${location.origin}/console/${tenant}`;
}
