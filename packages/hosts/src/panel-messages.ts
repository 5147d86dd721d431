/** The version of what passes between a desktop and the panel in its frame. A panel takes no other. */
export const PANEL_VERSION = 1;

/** What a desktop says of the call that an agent has. Each member may be left out; what is left out is as it was. */
export interface PanelSettings {
  readonly customerId?: string;
  readonly direction?: 'outbound' | 'inbound';
  /** The bank's line, in international form. */
  readonly line?: string;
  /** Why, in words for the customer; 140 characters at most. */
  readonly purpose?: string;
  readonly department?: string;
  /** The id that the desktop has for the call: nothing personal, for it stands in addresses. */
  readonly externalId?: string;
  readonly externalSystem?: string;
  /** A callback of the bank's queue that is to be taken. */
  readonly callbackId?: string;
  /** A call that goes on. */
  readonly callId?: string;
  readonly locale?: string;
  /** Whether an alarm is heard, too. */
  readonly sound?: boolean;
}

/** From the desktop to the panel. */
export type ToPanel =
  | { readonly countersign: 1; readonly type: 'settings'; readonly settings: PanelSettings }
  /** The contact is over: what was set is forgotten. A call that goes on stays until somebody ends it. */
  | { readonly countersign: 1; readonly type: 'clear' };

/** From the panel to the desktop. `ready` comes once, to whoever holds the frame, and says nothing. */
export type FromPanel =
  | { readonly countersign: 1; readonly type: 'ready' }
  /** What the element tells of, such as `call-declared`, with its detail: never a code. */
  | {
      readonly countersign: 1;
      readonly type: 'event';
      readonly name: string;
      readonly detail: Readonly<Record<string, unknown>>;
    };

const TEXTS: Readonly<Record<string, RegExp>> = {
  customerId: /^[A-Za-z0-9._-]{0,64}$/,
  direction: /^(outbound|inbound)$/,
  line: /^[^\p{Cc}]{0,256}$/u,
  purpose: /^[^\p{Cc}]{0,140}$/u,
  department: /^[^\p{Cc}]{0,80}$/u,
  externalId: /^[\x21-\x7e]{0,128}$/,
  externalSystem: /^([A-Za-z0-9][A-Za-z0-9._-]{0,39})?$/,
  callbackId: /^(cbk_[0-9a-z]{26})?$/,
  callId: /^(call_[0-9a-z]{26})?$/,
  locale: /^[A-Za-z0-9-]{0,35}$/,
};

/** Settings as they came from outside; null where one of them is none: half of a call is worse than no call. */
export function readSettings(given: unknown): PanelSettings | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
  for (const [name, value] of Object.entries(given)) {
    if (name === 'sound' ? typeof value !== 'boolean' : typeof value !== 'string' || !isText(name, value)) return null;
  }
  return given as PanelSettings;
}

/** A message of a desktop; null for anything else, such as one of another version. */
export function readToPanel(given: unknown): ToPanel | null {
  const { countersign, type, settings } = Object(given) as Record<string, unknown>;
  if (countersign !== PANEL_VERSION) return null;
  if (type === 'clear') return { countersign, type };
  const read = type === 'settings' ? readSettings(settings) : null;
  return read && { countersign, type: 'settings', settings: read };
}

function isText(name: string, value: string): boolean {
  return Object.hasOwn(TEXTS, name) && TEXTS[name]!.test(value);
}
