/** What the service says of the pages of a tenant. */
export interface PageSettings {
  readonly tenant: string;
  readonly name: string;
  readonly cardNumber: string | null;
  readonly locale: string;
  readonly signIn: {
    readonly issuer: string;
    readonly clientId: string;
    readonly scope: string;
    readonly claim: string;
  } | null;
}

/** Set by the service worker on what it had to take from what it keeps. */
const KEPT = 'x-countersign-kept';

/** Whose page this is. */
export function tenantOfPage(): string {
  return document.querySelector<HTMLMetaElement>('meta[name=countersign-tenant]')!.content;
}

/** The settings, and whether the service itself gave them; null where neither it nor the browser has any. */
export async function loadSettings(): Promise<{ settings: PageSettings; live: boolean } | null> {
  try {
    const response = await fetch(`/v1/public/${tenantOfPage()}/settings`, { credentials: 'omit' });
    if (!response.ok) return null;
    return { settings: (await response.json()) as PageSettings, live: !response.headers.has(KEPT) };
  } catch {
    return null;
  }
}

const LANGUAGES: readonly string[] = ['en', 'de', 'es', 'fr', 'nl', 'pl'];

/** The first language of the browser that the pages have, else the bank's. Some browsers have tags such as `en-US@posix`. */
export function chooseLocale(fallback: string): string {
  const tags = navigator.languages.map((tag) => tag.split('@')[0]!);
  return tags.find((tag) => LANGUAGES.includes(tag.split('-')[0]!.toLowerCase())) ?? fallback;
}
