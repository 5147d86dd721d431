import type { IncomingMessage, ServerResponse } from 'node:http';
import type { InteractionResults, Provider } from 'oidc-provider';
import { AUDIENCE } from '../../../config/token-rules.js';
import { SCOPES } from '../principal.js';
import { type DemoPerson, scopesOf } from './demo-people.js';
import { OPENID_SCOPE } from './public-clients.js';
import { errorPage, PAGE_HEADERS, peopleFor, signInPage } from './sign-in-page.js';

const MAX_FORM_BYTES = 1024;

/** Answers the sign-in page of one interaction: shows the people of the demo bank, and signs in the one that is picked. */
export async function answerSignIn(
  provider: Provider,
  tenant: string,
  uid: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(req, res).catch(() => undefined);
  if (details?.uid !== uid)
    return sendPage(
      res,
      400,
      errorPage('invalid_request', 'This sign-in has expired, or was begun in another browser.'),
    );
  const people = peopleFor(String(details.params.scope ?? '').split(' '));
  if (req.method === 'GET' || req.method === 'HEAD') return sendPage(res, 200, signInPage(tenant, people));
  if (req.method !== 'POST') return sendPage(res, 405, errorPage('invalid_request', 'This page takes GET and POST.'));
  if (req.headers['sec-fetch-site'] !== undefined && req.headers['sec-fetch-site'] !== 'same-origin') {
    return sendPage(res, 403, errorPage('access_denied', 'The form was sent from another site.'));
  }
  const form = await readForm(req);
  if (form?.has('cancel')) {
    return provider.interactionFinished(req, res, {
      error: 'access_denied',
      error_description: 'The sign-in was cancelled.',
    });
  }
  const picked = form?.get('person') ?? form?.get('agent');
  const person = people.find(({ id }) => id === picked);
  if (!person) return sendPage(res, 400, errorPage('invalid_request', 'Pick one of the people on the page.'));
  const clientId = String(details.params.client_id);
  await provider.interactionFinished(req, res, await signInResult(provider, person, clientId));
}

async function signInResult(provider: Provider, person: DemoPerson, clientId: string): Promise<InteractionResults> {
  const accountId = person.id;
  const granted = scopesOf(person);
  const others = SCOPES.filter((scope) => !granted.includes(scope)).join(' ');
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope([OPENID_SCOPE, ...granted].join(' '));
  grant.addResourceScope(AUDIENCE, granted.join(' '));
  // Said, so that a client which asks for more gets a token with less, and is not asked again.
  grant.rejectOIDCScope(others);
  grant.rejectResourceScope(AUDIENCE, others);
  return { login: { accountId, remember: false }, consent: { grantId: await grant.save() } };
}

async function readForm(req: IncomingMessage): Promise<URLSearchParams | undefined> {
  if (!req.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return undefined;
  let body = '';
  for await (const chunk of req as AsyncIterable<Buffer>) {
    body += chunk.toString('latin1');
    if (body.length > MAX_FORM_BYTES) return undefined;
  }
  return new URLSearchParams(body);
}

function sendPage(res: ServerResponse, status: number, html: string): void {
  res.writeHead(status, PAGE_HEADERS).end(html);
}
