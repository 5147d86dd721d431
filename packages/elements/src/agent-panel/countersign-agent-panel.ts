import type { TokenSource } from '@countersign/client';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { baseStyles } from '../base-styles.js';
import { designTokens } from '../design-tokens.js';
import { define } from '../define.js';
import { ENGLISH, loadWording, type Wording } from '../messages/messages.js';
import { noticeStyles } from '../notice-card.js';
import { pressOnce } from '../press-once.js';
import { soundAlarm } from './alarm-sound.js';
import { pressedButton } from './panel-keys.js';
import { type Draft, PanelActions } from './panel-actions.js';
import { PanelSession } from './panel-session.js';
import { panelStyles } from './panel-styles.js';
import { loadPanelWording, PANEL_ENGLISH, type PanelWording } from './panel-wording.js';
import { alarmView, failureView } from './views/alarm.js';
import { beforeCallView } from './views/before-call.js';
import { inCallView } from './views/in-call.js';
import { action, type Drawer, type PanelView } from './views/panel-view.js';
import { standingView } from './views/standing.js';

export { loadPanelWording, type PanelWording } from './panel-wording.js';

const SUMMARY_PAUSE_MILLISECONDS = 400;

/**
 * What an agent needs of Countersign beside a call, for whatever desktop it stands in. It takes its token by property
 * and keeps nothing. It tells of `countersign-call-declared`, `-asked`, `-answered`, `-alarm`, `-call-ended`,
 * `-call-offered`, `-call-taken-over`, `-callback-planned`, `-callback-claimed`, `-callback-outcome`,
 * `-customer-proved`, `-stale` and `-signed-out`; never of a code.
 */
export class CountersignAgentPanel extends LitElement {
  static override styles = [designTokens, baseStyles, noticeStyles, panelStyles];
  /** Gives the access token; asked with `renew` after one was refused. Another one goes on with the same call. */
  @property({ attribute: false }) token: TokenSource | null = null;
  /** Where the service is; the page's own origin by default. */
  @property() url = '';
  @property() locale = '';
  @property({ attribute: 'customer-id' }) customerId = '';
  @property() direction: Draft['direction'] = 'outbound';
  /** The bank's line, in international form. */
  @property() line = '';
  /** Why, in words for the customer. */
  @property() purpose = '';
  /** The department that the customer hears; the token's own where it is left out. */
  @property() department = '';
  /** The id that the desktop has for the call: nothing personal. */
  @property({ attribute: 'external-id' }) externalId = '';
  @property({ attribute: 'external-system' }) externalSystem = '';
  /** A call that goes on. */
  @property({ attribute: 'call-id' }) callId = '';
  /** A callback that is to be taken. */
  @property({ attribute: 'callback-id' }) callbackId = '';
  /** Whether an alarm is heard, too. */
  @property({ type: Boolean }) sound = false;
  @state() private wording: PanelWording = PANEL_ENGLISH;
  @state() private customerWording: Wording = ENGLISH;
  @state() private session: PanelSession | null = null;
  @state() private drawer: Drawer | null = null;
  @state() private silent = false;
  #actions: PanelActions | null = null;
  #told = '';
  #summaryOf = '';
  #summaryTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #redraw = (): void => this.#changed();
  readonly #onKey = (event: KeyboardEvent): void => this.#press(event);
  readonly #onAlarm = (): void => this.#alarm();
  readonly #onStale = (): void => this.#tell('stale', { stale: this.session!.stale });
  readonly #onSignedOut = (): void => this.#tell('signed-out', {});

  constructor() {
    super();
    pressOnce(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.#onKey);
    this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.#onKey);
    this.#leave();
  }

  /** Ends the streams and forgets what was shown. The call goes on. */
  signOut(): void {
    this.token = null;
    this.#leave();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('locale')) void this.#speak();
    if (changed.has('token') && this.token && this.session?.signedOut) {
      void this.session.identify();
      void this.session.beat();
    }
    if (changed.has('url') && this.hasUpdated) this.#leave();
    this.#begin();
    if (changed.has('customerId')) this.#summarize();
    this.#openGiven(changed);
  }

  /** Opens the call that the page names, where none goes on here that would be lost from sight. */
  #openGiven(changed: PropertyValues): void {
    const { callId, session } = this;
    if (!(changed.has('callId') || changed.has('session')) || !callId) return;
    if (session?.call?.id !== callId && session?.call?.state !== 'live') void this.#actions?.open(callId);
  }

  override render(): TemplateResult {
    const { session, wording } = this;
    const view = this.#view();
    if (!session || !view) return html``;
    const alarm = session.standing === 'alarm';
    return html`<section class="panel" lang=${wording.language} aria-label=${wording.text('panel')} part="panel">
      <div class=${session.stale ? 'rest stack old' : 'rest stack'} @focusout=${() => this.requestUpdate()}>
        ${alarm ? nothing : standingView(view)}
        <div role="status" class="failures">${alarm ? nothing : this.#failures(view)}</div>
        ${session.call ? inCallView(view) : beforeCallView(view)}
        ${
          alarm
            ? nothing
            : html`<div class="buttons">
                ${action(view, { key: 'M', words: 'do.sound', press: () => view.toggleSound(), pressed: this.sound })}
              </div>`
        }
      </div>
      ${alarm ? alarmView(view) : nothing}
    </section>`;
  }

  /** What lies under an alarm cannot be reached, but for what has the focus, until that has left it. */
  protected override updated(): void {
    const alarm = this.session?.standing === 'alarm';
    const focused = (this.renderRoot as ShadowRoot).activeElement;
    for (const block of this.renderRoot.querySelectorAll<HTMLElement>('.rest > *'))
      block.inert = alarm && !block.contains(focused);
  }

  #failures(view: PanelView): unknown {
    return view.actions.runs() ? html`<p class="quiet">${this.wording.text('working')}</p>` : failureView(view);
  }

  #view(): PanelView | null {
    const { session, wording, customerWording, drawer, callbackId, silent } = this;
    if (!session || !this.#actions) return null;
    return {
      session,
      actions: this.#actions,
      wording,
      customerWording,
      draft: this.#given(),
      callbackId: session.call ? '' : callbackId,
      drawer,
      silent,
      edit: (change) => Object.assign(this, change),
      toggle: (which) => (this.drawer = drawer === which ? null : which),
      toggleSound: () => this.#toggleSound(),
      next: () => this.#next(),
      field: (id) => this.renderRoot.querySelector<HTMLInputElement>(`#${id}`)?.value.trim() ?? '',
    };
  }

  #begin(): void {
    if (!this.token || this.session || !this.isConnected) return;
    const session = new PanelSession({
      url: this.url || location.origin,
      token: (options) => this.#currentToken(options),
      locale: this.#locale,
    });
    this.session = session;
    this.#actions = new PanelActions(session, (name, detail) => this.#tell(name, detail));
    session.addEventListener('change', this.#redraw);
    session.addEventListener('tick', this.#redraw);
    session.addEventListener('alarm', this.#onAlarm);
    session.addEventListener('stale', this.#onStale);
    session.addEventListener('signed-out', this.#onSignedOut);
    void this.#speak();
    session.start();
    this.#summarize();
  }

  #leave(): void {
    this.session?.stop();
    this.session = null;
    this.#actions = null;
    this.#summaryOf = '';
    clearTimeout(this.#summaryTimer);
  }

  #currentToken(options: { readonly renew: boolean }): string | Promise<string> {
    if (!this.token) throw new TypeError('nobody is signed in');
    return this.token(options);
  }

  get #locale(): string {
    return this.locale || document.documentElement.lang || navigator.language;
  }

  async #speak(): Promise<void> {
    [this.wording, this.customerWording] = await Promise.all([
      loadPanelWording(this.#locale),
      loadWording(this.#locale),
    ]);
  }

  #given(): Draft {
    const { customerId, direction, line, purpose, department, externalId, externalSystem } = this;
    return {
      customerId: customerId ?? '',
      direction: direction === 'inbound' ? 'inbound' : 'outbound',
      line: line ?? '',
      purpose: purpose ?? '',
      department: department ?? '',
      externalId: externalId ?? '',
      externalSystem: externalSystem ?? '',
    };
  }

  /** Reads what is known of the customer whose id is there, once they have stopped typing. */
  #summarize(pauseMilliseconds = SUMMARY_PAUSE_MILLISECONDS): void {
    clearTimeout(this.#summaryTimer);
    this.#summaryTimer = setTimeout(() => {
      const { session, customerId } = this;
      if (!session || session.call || this.#summaryOf === customerId) return;
      this.#summaryOf = customerId;
      void session.readSummary(customerId);
    }, pauseMilliseconds);
  }

  #next(): void {
    this.session?.forget();
    this.#summaryOf = '';
    this.drawer = null;
    this.callId = this.callbackId = this.externalId = '';
    this.#summarize(0);
  }

  #toggleSound(): void {
    this.sound = !this.sound;
    // A press is what browsers want before they make a sound: so it is heard now what an alarm is like.
    if (this.sound) void soundAlarm().then((heard) => (this.silent = !heard));
  }

  #alarm(): void {
    this.#tell('alarm', { callId: this.session!.call?.id ?? null });
    if (this.sound) void soundAlarm().then((heard) => (this.silent = !heard));
  }

  #changed(): void {
    this.requestUpdate();
    const { asked, call } = this.session ?? {};
    const now = asked && asked.status !== 'waiting' ? `${asked.id} ${asked.status}` : '';
    if (now === this.#told) return;
    this.#told = now;
    if (asked && now)
      this.#tell('answered', { callId: call?.id ?? null, verificationId: asked.id, status: asked.status });
  }

  #press(event: KeyboardEvent): void {
    const button = pressedButton(event, this.renderRoot);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  #tell(name: string, detail: Readonly<Record<string, unknown>>): void {
    this.dispatchEvent(new CustomEvent(`countersign-${name}`, { detail, bubbles: true, composed: true }));
  }
}

define('countersign-agent-panel', CountersignAgentPanel);
