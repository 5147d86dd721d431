import { beginSignIn, endSignIn, SignedIn, type SignInClient } from '../../sign-in/src/code-flow.js';

/** How the bank's people sign in, as the service wrote it into the page. */
export interface SignInSettings extends SignInClient {
  readonly tenant: string;
}

/**
 * Signs in through a window of the issuer's: a frame cannot show its page, and what a frame stores may be kept from it. Has to
 * be called while something is pressed, or the browser opens no window.
 *
 * @returns null where nobody signed in
 * @throws TypeError where the issuer refuses or cannot be reached
 */
export async function signInByWindow(settings: SignInSettings): Promise<SignedIn | null> {
  const opened = window.open('about:blank', '', 'popup,width=480,height=720');
  if (opened === null) throw new TypeError('the browser opened no window');
  const redirectUri = `${location.origin}/panel/${settings.tenant}/signed-in`;
  try {
    const { url, underWay } = await beginSignIn(settings, redirectUri);
    opened.location.replace(url);
    const answer = await answerOf(opened);
    const grant = answer && (await endSignIn(settings, redirectUri, answer, underWay));
    return grant && new SignedIn(settings, grant);
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
