import { html, nothing, type TemplateResult } from 'lit';
import type { Wording } from '../../messages/messages.js';
import type { PanelKey } from '../messages/en.js';
import type { Doing, Draft, PanelActions } from '../panel-actions.js';
import type { PanelSession } from '../panel-session.js';
import type { PanelWording } from '../panel-wording.js';

/** What is opened by hand, under the call. */
export type Drawer = 'offline' | 'transfer';

/** What the views draw, and what they do. */
export interface PanelView {
  readonly session: PanelSession;
  readonly actions: PanelActions;
  readonly wording: PanelWording;
  /** The words that a customer's page has. */
  readonly customerWording: Wording;
  readonly draft: Draft;
  readonly callbackId: string;
  readonly drawer: Drawer | null;
  /** Whether the browser kept the last alarm silent. */
  readonly silent: boolean;
  edit(change: Partial<Draft>): void;
  toggle(drawer: Drawer): void;
  toggleSound(): void;
  next(): void;
  /** The text of a field that is kept nowhere else. */
  field(name: string): string;
}

interface Action {
  /** Pressed with Alt. */
  readonly key: string;
  readonly words: PanelKey;
  readonly press: () => unknown;
  /** What runs once it is pressed. */
  readonly does?: Doing;
  readonly kind?: 'main' | 'danger' | '';
  readonly expanded?: boolean;
  readonly pressed?: boolean;
}

/** A button with its key on it. It stays where it is while something runs, and keeps the focus. */
export function action(
  view: PanelView,
  { key, words, press, does, kind = '', expanded, pressed }: Action,
): TemplateResult {
  const { wording, actions } = view;
  return html`<button
    type="button"
    class=${kind}
    part="button ${kind}"
    data-key=${key}
    aria-keyshortcuts="Alt+${key}"
    aria-disabled=${does !== undefined && actions.runs(does)}
    aria-expanded=${expanded ?? nothing}
    aria-pressed=${pressed ?? nothing}
    @click=${() => void press()}
  >
    <span>${wording.text(words)}</span>
    <kbd aria-hidden="true">${wording.text('key', { key })}</kbd>
  </button>`;
}

/** A fact with its name. */
export function fact(name: string, value: unknown): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
