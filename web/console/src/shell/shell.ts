import { Client } from '@countersign/client';
import { pressOnce } from '@countersign/elements/press-once';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { ref } from 'lit/directives/ref.js';
import type { Words } from '../messages/words.js';
import { loadWords } from '../messages/words.js';
import { LiveCalls } from '../session/live-calls.js';
import { Session } from '../session/session.js';
import { comeBack, goToSignIn } from '../session/sign-in.js';
import { readSettings } from '../settings.js';
import { pressByKey } from './keys.js';
import { type Match as MatchOf, matchRoute } from './match-route.js';
import type { Group, Route } from './route.js';
import { routesOf } from './routes.js';

type Match = MatchOf<Route>;

const GROUPS: readonly Group[] = ['agent', 'supervisor', 'analyst', 'admin'];

/** The page: who is signed in, where one can go, what interrupts, and the screen. */
export class Shell extends LitElement {
  readonly #settings = readSettings();
  @state() private words: Words | null = null;
  @state() private session: Session | null = null;
  @state() private match: Match | null = null;
  @state() private welcome = '';
  /** Whether the screen of the address could not be fetched. */
  @state() private unloaded = false;
  @state() private keys = true;
  /** Calls of one's own in which a relay is suspected, until one says that one has seen it. */
  @state() private alarms: readonly string[] = [];
  /** Calls whose alarm stands in the panel already: one thing interrupts once. */
  readonly #shown = new Set<string>();
  #mine: LiveCalls | null = null;
  #opening = 0;
  #main: HTMLElement | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', () => void this.#open(false));
    addEventListener('keydown', (event) => pressByKey(event, this, this.keys));
    pressOnce(this);
    this.addEventListener('click', (event) => this.#follow(event));
    this.addEventListener('console-go', (event) => this.#go((event as CustomEvent<string>).detail));
    this.addEventListener('countersign-alarm', (event) =>
      this.#shownAlready((event as CustomEvent<{ callId: string | null }>).detail),
    );
    void this.#start();
  }

  #shownAlready({ callId }: { readonly callId: string | null }): void {
    if (callId === null) return;
    this.#shown.add(callId);
    this.alarms = this.alarms.filter((one) => one !== callId);
  }

  async #start(): Promise<void> {
    this.words = await loadWords(this.#settings.locale);
    document.documentElement.lang = this.words.language;
    try {
      const signedIn = await comeBack(this.#settings);
      if (!signedIn) return;
      const options = { url: location.origin, token: signedIn.token, locale: this.words.locale };
      const client = new Client(options);
      const me = await client.get('/v1/me');
      this.#begin(new Session({ client, token: signedIn.token, me, words: this.words, settings: this.#settings }));
    } catch {
      this.welcome = this.words.text('signIn.failed');
    }
  }

  #begin(session: Session): void {
    session.addEventListener('change', () => this.requestUpdate());
    session.addEventListener('signed-out', () => this.#end(session.words.text('failed.signedOut')));
    this.session = session;
    if (session.has('agent')) {
      this.#mine = new LiveCalls(session, { agent: 'me' });
      this.#mine.addEventListener('alarm', (event) => {
        const { detail } = event as CustomEvent<string>;
        if (!this.alarms.includes(detail) && !this.#shown.has(detail)) this.alarms = [...this.alarms, detail];
      });
    }
    void this.#open(false);
  }

  #end(words = ''): void {
    this.session?.end();
    this.#mine?.stop();
    this.session = null;
    this.#mine = null;
    this.match = null;
    this.alarms = [];
    this.welcome = words;
  }

  get #home(): string {
    return `/console/${this.#settings.tenant}`;
  }

  /** Shows the screen of the address; the first that is theirs where there is none. */
  async #open(focus: boolean): Promise<void> {
    const { session } = this;
    if (!session) return;
    const routes = routesOf(session.me);
    const below = location.pathname.startsWith(this.#home) ? location.pathname.slice(this.#home.length) : '';
    const first = routes.find(({ nav }) => nav !== undefined);
    if (below.replaceAll('/', '') === '' && first) history.replaceState(null, '', this.#home + first.path);
    const match = matchRoute(routes, location.pathname.slice(this.#home.length));
    const opening = (this.#opening += 1);
    const loaded = await Promise.resolve(match?.route.load()).then(
      () => true,
      // Most often the connection; after an update of the service, the files of the page before are gone, too.
      () => false,
    );
    // A screen that comes late is not put over one to which somebody has gone meanwhile.
    if (opening !== this.#opening || session !== this.session) return;
    this.unloaded = !loaded;
    this.match = match;
    await this.updateComplete;
    const heading = await this.#headingOf();
    document.title = `${heading?.textContent ?? session.words.text('console')} · ${this.#settings.name}`;
    if (focus) heading?.focus();
  }

  async #headingOf(): Promise<HTMLElement | null> {
    const screen = this.#main?.firstElementChild as LitElement | null | undefined;
    await screen?.updateComplete;
    return this.#main?.querySelector('h1') ?? null;
  }

  #go(address: string): void {
    history.pushState(null, '', address);
    void this.#open(true);
  }

  /** Follows a link within the console without loading the page, which would sign out. */
  #follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = (event.target as Element).closest('a');
    if (!link || link.target !== '' || link.hasAttribute('download') || !link.pathname.startsWith('/console/')) return;
    event.preventDefault();
    this.#go(link.pathname + link.search);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.words) return nothing;
    return this.session ? this.#signedIn(this.session, this.words) : this.#signedOut(this.words);
  }

  #signedOut(words: Words): TemplateResult {
    const signIn = (): void => {
      const below = location.pathname.startsWith(`${this.#home}/`) ? location.pathname + location.search : this.#home;
      goToSignIn(this.#settings, below).catch(() => (this.welcome = words.text('signIn.failed')));
    };
    return html`<main class="welcome stack">
      <h1>${this.#settings.name}: ${words.text('console')}</h1>
      <p>${words.text('signIn.intro')}</p>
      <p><button type="button" class="main" @click=${signIn}>${words.text('signIn')}</button></p>
      <p role="status">${this.welcome}</p>
    </main>`;
  }

  #signedIn(session: Session, words: Words): TemplateResult {
    const { name, subject, team } = session.me;
    return html`<a class="skip" href="#main" @click=${(event: Event) => (event.preventDefault(), void this.#skip())}>
        ${words.text('skip')}
      </a>
      <header class="top">
        <p class="bank">${this.#settings.name} <span class="quiet">${words.text('console')}</span></p>
        <p class="who">
          <strong>${name ?? subject}</strong>${team ? html` <span class="quiet">${team}</span>` : nothing}
        </p>
        <button type="button" class="small" aria-pressed=${this.keys} @click=${() => (this.keys = !this.keys)}>
          ${words.text('keys')}
        </button>
        <button type="button" class="small" @click=${() => this.#end(words.text('signIn.out'))}>
          ${words.text('signOut')}
        </button>
      </header>
      ${this.#navigation(session, words)}
      <main
        id="main"
        class=${session.heartbeat.stale ? 'stale' : ''}
        ${ref((main) => (this.#main = (main as HTMLElement) ?? null))}
      >
        ${this.unloaded ? this.#unloaded(words) : this.match ? this.match.route.draw(this.#contextOf(session, this.match)) : this.#nowhere(words)}
      </main>
      <div class="interruptions">
        <div role="status">${session.heartbeat.stale ? this.#stale(session, words) : nothing}</div>
        <div role="alert">${this.alarms.map((callId) => this.#alarm(callId, words))}</div>
      </div>`;
  }

  #contextOf(
    session: Session,
    { params }: Match,
  ): { session: Session; params: Match['params']; query: URLSearchParams } {
    return { session, params, query: new URLSearchParams(location.search) };
  }

  async #skip(): Promise<void> {
    (await this.#headingOf())?.focus();
  }

  #navigation(session: Session, words: Words): TemplateResult {
    const routes = routesOf(session.me).filter(({ nav }) => nav !== undefined);
    const groups = GROUPS.map((group) => routes.filter((route) => route.group === group)).filter(
      (one) => one.length > 0,
    );
    const keyOf = (route: Route): string | undefined => String(routes.indexOf(route) + 1).match(/^[1-9]$/)?.[0];
    return html`<nav aria-label=${words.text('nav')}>
      ${groups.map(
        (group) =>
          html`${groups.length > 1 ? html`<h2>${words.code('group', group[0]!.group)}</h2>` : nothing}
            <ul>
              ${group.map((route) => {
                const key = keyOf(route);
                const here = this.match !== null && this.match.route.path.split('/')[1] === route.path.slice(1);
                return html`<li>
                  <a
                    href=${this.#home + route.path}
                    aria-current=${here ? 'page' : nothing}
                    data-key=${key ?? nothing}
                    aria-keyshortcuts=${key ?? nothing}
                  >
                    <span>${words.text(route.nav!)}</span
                    >${key && this.keys ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing}
                  </a>
                </li>`;
              })}
            </ul>`,
      )}
    </nav>`;
  }

  #unloaded(words: Words): TemplateResult {
    return html`<div class="stack">
      <h1 tabindex="-1">${words.text('unloaded')}</h1>
      <p>${words.text('unloaded.what')}</p>
      <p><button type="button" @click=${() => location.reload()}>${words.text('unloaded.again')}</button></p>
    </div>`;
  }

  #nowhere(words: Words): TemplateResult {
    return html`<div class="stack">
      <h1 tabindex="-1">${words.text('nowhere')}</h1>
      <p>${words.text('nowhere.what')}</p>
    </div>`;
  }

  #stale(session: Session, words: Words): TemplateResult {
    return html`<p class="notice old">
      <strong>${words.text('stale')}</strong>
      ${words.text('stale.since', { time: words.moment(session.heartbeat.heardAt) })}
    </p>`;
  }

  #alarm(callId: string, words: Words): TemplateResult {
    const call = this.#mine?.calls.find(({ id }) => id === callId);
    const seen = (): void => void (this.alarms = this.alarms.filter((one) => one !== callId));
    return html`<div class="notice alarm">
      <p>
        <strong>${words.text('alarm')}</strong>
        ${call ? words.text('alarm.call', { reference: call.reference }) : nothing}
      </p>
      <p>${words.text('alarm.say')}</p>
      <p class="actions">
        <a class="button" href=${`${this.#home}/desk?call=${callId}`}>${words.text('alarm.open')}</a>
        <button type="button" @click=${seen}>${words.text('alarm.seen')}</button>
      </p>
    </div>`;
  }
}

customElements.define('countersign-console', Shell);
