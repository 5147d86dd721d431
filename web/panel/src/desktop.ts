import { type FromPanel, type PanelSettings, readSettings, readToPanel, type ToPanel } from '@countersign/hosts';

/** Told of what a desktop says, and by what it was said to. */
export type Hear = (message: ToPanel) => void;

/**
 * The desktop around the frame. It is heard where its origin is one that the service was told of, and nobody else is;
 * it is told what happens once it has spoken.
 */
export class Desktop {
  #origin: string | null = null;

  constructor(
    private readonly origins: readonly string[],
    private readonly hear: Hear,
  ) {}

  /** Begins to listen, and says that it does. To whomever: it says nothing else, and who may frame the page is settled. */
  open(): void {
    if (parent === window) return;
    addEventListener('message', ({ origin, source, data }) => {
      if (source !== parent || !this.origins.includes(origin)) return;
      const message = readToPanel(data);
      if (message === null) return;
      this.#origin = origin;
      this.hear(message);
    });
    parent.postMessage({ countersign: 1, type: 'ready' } satisfies FromPanel, '*');
  }

  tell(name: string, detail: Readonly<Record<string, unknown>>): void {
    if (this.#origin === null) return;
    parent.postMessage({ countersign: 1, type: 'event', name, detail } satisfies FromPanel, this.#origin);
  }
}

/** What stands behind `#` in the address, which no server gets to see, and is taken out of there; null where it is none. */
export function settingsOfAddress(): PanelSettings | null {
  const given: Record<string, unknown> = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  if (Object.keys(given).length === 0) return null;
  history.replaceState(null, '', location.pathname);
  if ('sound' in given) given['sound'] = given['sound'] === 'true';
  return readSettings(given);
}
