import type { PanelSettings } from './panel-messages.js';

/** Where a desktop's adapter puts what it knows of a call. */
export interface PanelPort {
  /** Shows a call before it is declared, or what else there is to say of it. */
  show(settings: PanelSettings): void;
  /** The contact is over. */
  clear(): void;
}
