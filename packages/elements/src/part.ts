import { Refused, Unreachable } from '@countersign/device';
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { baseStyles } from './base-styles.js';
import { ENGLISH, type Wording } from './messages/messages.js';
import type { CustomerSession } from './session.js';
import type { ServiceTexts } from './service-texts.js';

export { define } from './define.js';

/** A part of the customer's element: it draws what the session knows, in the words it is given. */
export abstract class Part extends LitElement {
  static override styles = [baseStyles];
  @property({ attribute: false }) session: CustomerSession | null = null;
  @property({ attribute: false }) wording: Wording = ENGLISH;
  @property({ attribute: false }) texts: ServiceTexts | null = null;
  /** What went wrong with the last thing that was tried here, in words. */
  @state() protected failure = '';
  @state() protected busy = false;
  readonly #changed = (): void => {
    this.onChange();
    this.requestUpdate();
  };
  readonly #ticked = (): void => this.onTick();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#listen(this.session);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leave(this.session);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('session')) return;
    this.#leave(changed.get('session') as CustomerSession | null | undefined);
    this.#listen(this.session);
  }

  /** What a part does when the session knows something new. */
  protected onChange(): void {}

  /** What a part does twice a second. */
  protected onTick(): void {}

  #listen(session: CustomerSession | null): void {
    if (!session) return;
    session.addEventListener('change', this.#changed);
    session.addEventListener('tick', this.#ticked);
    this.onChange();
    this.onTick();
  }

  #leave(session: CustomerSession | null | undefined): void {
    session?.removeEventListener('change', this.#changed);
    session?.removeEventListener('tick', this.#ticked);
  }

  /**
   * Does one thing at a time, and says what became of it where it fails. A control that is busy stays where it is and
   * keeps the focus.
   */
  protected async attempt(action: () => Promise<void>, explain?: (error: Refused) => string | null): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.failure = '';
    try {
      await action();
    } catch (error) {
      this.session?.notice(error);
      this.failure = this.#explain(error, explain);
    } finally {
      this.busy = false;
    }
  }

  #explain(error: unknown, explain?: (error: Refused) => string | null): string {
    if (error instanceof Unreachable) return this.wording.text('failed');
    if (!(error instanceof Refused)) return this.wording.text('refused');
    if (error.status === 401) return this.wording.text('signedOut');
    const own = explain?.(error);
    if (own) return own;
    if (error.status === 429) return this.wording.text('tooMany');
    return this.wording.text(error.status >= 500 ? 'failed' : 'refused');
  }

  /** The region in which failures and progress are said. It is there from the first, so that it is heard. */
  protected status(): TemplateResult {
    return html`<p class="status" role="status" part="status">
      ${this.busy ? this.wording.text('working') : this.failure || nothing}
    </p>`;
  }

  protected button(words: string, onClick: () => void, kind: 'main' | 'plain' | '' = ''): TemplateResult {
    return html`<button type="button" class=${kind} part="button ${kind}" aria-disabled=${this.busy} @click=${onClick}>
      ${words}
    </button>`;
  }

  /** Moves the focus to the heading of what was just opened, on somebody's own tap. */
  async focusHeading(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('h2,h3')?.focus();
  }

  protected tell(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
