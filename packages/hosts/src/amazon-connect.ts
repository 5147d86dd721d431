import type { PanelPort } from './panel-port.js';

interface ContactEvent {
  readonly contactId: string;
}

/** What of `ContactClient` in `@amazon-connect/contact` is used. */
export interface AmazonContacts {
  onConnected(handler: (contact: ContactEvent) => Promise<void>): void;
  offConnected(handler: (contact: ContactEvent) => Promise<void>): void;
  onCleared(handler: (contact: ContactEvent) => Promise<void>): void;
  offCleared(handler: (contact: ContactEvent) => Promise<void>): void;
  getAttributes(contactId: string, keys: string[]): Promise<Readonly<Record<string, string | undefined>>>;
}

export interface AmazonOptions {
  /** The contact attributes that the bank's flows set. */
  readonly attributes?: { readonly customerId: string; readonly direction: string; readonly line: string };
}

const ATTRIBUTES = { customerId: 'customerId', direction: 'direction', line: 'line' };

/**
 * In the agent workspace of Amazon Connect, after `AmazonConnectApp.init()`: shows each contact that is connected, by
 * the attributes that the bank's flows set on it. The app needs `Contact.Details.View` and `Contact.Attributes.View`.
 *
 * @returns what ends it
 */
export function connectAmazon(
  contacts: AmazonContacts,
  panel: PanelPort,
  { attributes = ATTRIBUTES }: AmazonOptions = {},
): () => void {
  const connected = async ({ contactId }: ContactEvent): Promise<void> => {
    const given = await contacts.getAttributes(contactId, Object.values(attributes));
    panel.show({
      customerId: given[attributes.customerId] ?? '',
      direction: given[attributes.direction]?.toLowerCase() === 'outbound' ? 'outbound' : 'inbound',
      line: given[attributes.line] ?? '',
      externalId: contactId,
      externalSystem: 'amazon-connect',
    });
  };
  const cleared = async (): Promise<void> => panel.clear();
  contacts.onConnected(connected);
  contacts.onCleared(cleared);
  return () => {
    contacts.offConnected(connected);
    contacts.offCleared(cleared);
  };
}
