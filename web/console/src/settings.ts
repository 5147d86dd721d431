/** What the service wrote into the page. */
export interface ConsoleSettings {
  readonly tenant: string;
  readonly name: string;
  readonly locale: string;
  readonly signIn: { readonly issuer: string; readonly clientId: string; readonly scope: string };
}

export function readSettings(): ConsoleSettings {
  const [issuer, clientId, scope] = [meta('issuer'), meta('client'), meta('scope')];
  return {
    tenant: meta('tenant'),
    name: meta('name'),
    locale: chooseLocale(document.documentElement.lang),
    signIn: { issuer, clientId, scope },
  };
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=countersign-${name}]`)!.content;
}

const LANGUAGES: readonly string[] = ['en', 'de'];

/** The first language of the browser that the console has, else the bank's. */
function chooseLocale(fallback: string): string {
  return navigator.languages.find((tag) => LANGUAGES.includes(tag.split('-')[0]!.toLowerCase())) ?? fallback;
}
