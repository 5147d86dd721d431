import type { CountersignAgentPanel } from '@countersign/elements/agent-panel';
import { loadPanelWording, type PanelWording } from '@countersign/elements/agent-panel';
import type { PanelSettings } from '@countersign/hosts';
import { Desktop, settingsOfAddress } from './desktop.js';
import { signInByWindow } from './sign-in.js';

/** What the desktop may be told of; each is an event of the element's. */
const TOLD = [
  'call-declared',
  'asked',
  'answered',
  'alarm',
  'call-ended',
  'call-offered',
  'call-taken-over',
  'callback-planned',
  'callback-claimed',
  'callback-outcome',
  'customer-proved',
  'stale',
  'signed-out',
];
/** What is forgotten when a contact is over. */
const OF_A_CONTACT = { customerId: '', purpose: '', line: '', externalId: '', callbackId: '', callId: '' } as const;

/** The page: a way to sign in, then the panel, which is told by the desktop what it is about. */
class PanelPage {
  readonly #main = document.querySelector<HTMLElement>('#main')!;
  readonly #panel = document.createElement('countersign-agent-panel') as CountersignAgentPanel;
  readonly #signIn = document.createElement('section');
  readonly #status = document.createElement('p');
  readonly #desktop: Desktop;

  constructor(private wording: PanelWording) {
    const origins = meta('embed-origins').split(' ').filter(Boolean);
    this.#desktop = new Desktop(origins, (message) =>
      this.#set(message.type === 'clear' ? OF_A_CONTACT : message.settings),
    );
    for (const name of TOLD)
      this.#panel.addEventListener(`countersign-${name}`, (event) =>
        this.#desktop.tell(name, (event as CustomEvent<Record<string, unknown>>).detail),
      );
    this.#panel.addEventListener('countersign-signed-out', () => (this.#signIn.hidden = false));
  }

  open(): void {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = this.wording.text('do.signIn');
    button.addEventListener('click', () => void this.#enter());
    this.#status.setAttribute('role', 'status');
    this.#signIn.className = 'sign-in';
    this.#signIn.append(button, this.#status);
    this.#main.append(this.#signIn, this.#panel);
    this.#panel.locale = meta('locale');
    this.#set(settingsOfAddress() ?? {});
    addEventListener('hashchange', () => this.#set(settingsOfAddress() ?? {}));
    this.#desktop.open();
  }

  #set(settings: PanelSettings): void {
    Object.assign(this.#panel, settings);
  }

  async #enter(): Promise<void> {
    this.#status.textContent = '';
    const settings = {
      tenant: meta('tenant'),
      issuer: meta('issuer'),
      clientId: meta('client'),
      scope: meta('scope'),
    };
    try {
      const signedIn = await signInByWindow(settings);
      if (signedIn === null) return;
      this.#panel.token = signedIn.token;
      this.#signIn.hidden = true;
    } catch {
      this.#status.textContent = this.wording.text('signIn.failed');
    }
  }
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name=countersign-${name}]`)?.content ?? '';
}

const locale = navigator.languages.find((tag) => /^(en|de)\b/i.test(tag)) ?? meta('locale');
document.querySelector<HTMLMetaElement>('meta[name=countersign-locale]')!.content = locale;
const wording = await loadPanelWording(locale);
document.documentElement.lang = wording.language;
document.title = `${document.title}: ${wording.text('panel')}`;
new PanelPage(wording).open();
