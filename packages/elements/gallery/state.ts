import type { MessageKey } from '../src/messages/message-types.js';
import type { PanelKey } from '../src/agent-panel/messages/en.js';

export type ElementName =
  'countersign-agent-panel' | 'countersign-customer' | 'countersign-check' | 'countersign-offline';

/**
 * What the stand-in for the service says to a request: a body, a problem, or nothing at all, until the asker gives up;
 * `stuck` does not end even then, so that what is seen meanwhile stays.
 */
export type Reply = { readonly status?: number; readonly body?: unknown } | 'silence' | 'stuck';

/** Replies by method and path, such as `GET /v1/me`; the first whose pattern fits. A list is one after another. */
export type Replies = Readonly<Record<string, Reply | readonly Reply[]>>;

/** What somebody does to come to a state; `of` names a message, so that it works in each language. */
export type Step =
  | { readonly press: MessageKey | PanelKey; readonly more?: string }
  | { readonly type: MessageKey | PanelKey; readonly text: string }
  | { readonly read: string };

export interface State {
  readonly name: string;
  readonly element: ElementName;
  readonly title: string;
  readonly replies?: Replies;
  readonly properties?: Readonly<Record<string, unknown>>;
  /** Whether this browser holds the customer's keys. */
  readonly enrolled?: boolean;
  readonly steps?: readonly Step[];
  /** A message, or words of the stand-in, that is to be seen when the state is reached. */
  readonly shows: MessageKey | PanelKey | { readonly words: string };
}

export const press = (key: MessageKey | PanelKey): Step => ({ press: key });

/** A problem as the service gives it (RFC 9457). */
export function problem(status: number, slug: string, more: object = {}): Reply {
  return { status, body: { type: `https://countersign.example/problems/${slug}`, title: slug, status, ...more } };
}

/** A moment from now, in seconds, as the service writes it. */
export function at(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString();
}
