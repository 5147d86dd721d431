import type { TemplateResult } from 'lit';
import type { WordKey } from '../messages/words.js';
import type { Me, Session } from '../session/session.js';

export type Group = 'agent' | 'supervisor' | 'analyst' | 'admin';

export interface Shown {
  readonly session: Session;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface Route {
  /** Below `/console/{tenant}`; `:id` is what stands there. */
  readonly path: string;
  readonly group: Group;
  /** In the navigation; none for what is opened from another screen. */
  readonly nav?: WordKey;
  /** Scopes of which one opens it. */
  readonly scopes: readonly Me['scopes'][number][];
  readonly load: () => Promise<unknown>;
  readonly draw: (shown: Shown) => TemplateResult;
}
