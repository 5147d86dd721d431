import { DEMO_PEOPLE, type DemoPerson, scopesOf } from './demo-people.js';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color:#1b1f24}
.warning{border-left:4px solid #b45309;background:#fef3c7;padding:.75rem 1rem}
button{display:block;width:100%;margin:.5rem 0;padding:.75rem 1rem;font:inherit;text-align:left;border:1px solid #8c959f;border-radius:6px;background:#fff;cursor:pointer}
button:hover,button:focus{background:#eef2f6}small{display:block;color:#57606a}`;

const KINDS: Readonly<Record<DemoPerson['kind'], string>> = {
  agent: 'agent',
  supervisor: 'supervisor',
  analyst: 'fraud analyst',
  admin: 'administrator',
  customer: 'customer',
};

/** Returns the people who may have one of these scopes; all of them where none of their scopes is asked for. */
export function peopleFor(scopes: readonly string[]): readonly DemoPerson[] {
  const fitting = DEMO_PEOPLE.filter((person) => scopesOf(person).some((scope) => scopes.includes(scope)));
  return fitting.length > 0 ? fitting : DEMO_PEOPLE;
}

/** Returns the page on which one picks who to be; the form posts to the page's own address. */
export function signInPage(tenant: string, people: readonly DemoPerson[]): string {
  const buttons = people.map(
    ({ id, name, kind, department }) =>
      `<button name="person" value="${id}">${escape(name)}<small>${escape([KINDS[kind], department].filter(Boolean).join(', '))}</small></button>`,
  );
  return page(
    `Sign in to ${escape(tenant)}`,
    `
<p class="warning">For development only. Anyone who reaches this page can sign in as any of these invented people, without a password. It does not exist in production.</p>
<form method="post">${buttons.join('')}<button name="cancel" value="yes">Cancel</button></form>`,
  );
}

/** Returns the page for a sign-in that cannot go on. */
export function errorPage(error: string, description: string): string {
  return page(
    'This sign-in cannot go on',
    `<p>${escape(description)}</p><p><small>${escape(error)}</small></p><p>Go back to the application and start again.</p>`,
  );
}

/** Returns the page for somebody who has signed out, and whom no application takes back. */
export function signedOutPage(): string {
  return page('You are signed out', '<p>You can close this page.</p>');
}

/** Headers for all pages: nothing loads, nothing frames, nothing is kept. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style></head><body><h1>${title}</h1>${body}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
