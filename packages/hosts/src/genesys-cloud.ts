import type { PanelPort } from './panel-port.js';

/** What of `ClientApp` in `purecloud-client-app-sdk` is used. */
export interface GenesysApp {
  readonly lifecycle: {
    addBootstrapListener(listener: () => void): void;
    addStopListener(listener: () => void): void;
    bootstrapped(): void;
    stopped(): void;
  };
}

/** What of a conversation is used, as `GET /api/v2/conversations/calls/{id}` gives it. */
export interface GenesysConversation {
  readonly participants: readonly {
    readonly purpose?: string;
    readonly direction?: 'inbound' | 'outbound';
    readonly attributes?: Readonly<Record<string, string>>;
    /** The number that was dialled. */
    readonly dnis?: string;
    readonly ani?: string;
  }[];
}

export interface GenesysOptions {
  /** From the app's address, where Genesys Cloud fills in `{{gcConversationId}}`. */
  readonly conversationId: string;
  /** Reads a conversation with the page's own token of Genesys Cloud. */
  readonly read: (conversationId: string) => Promise<GenesysConversation>;
  /** The participant attribute that the bank's flows set. */
  readonly customerAttribute?: string;
}

/** In an interaction widget of Genesys Cloud: shows the conversation that the widget stands beside. */
export async function connectGenesys(
  app: GenesysApp,
  panel: PanelPort,
  { conversationId, read, customerAttribute = 'customerId' }: GenesysOptions,
): Promise<void> {
  app.lifecycle.addBootstrapListener(() => app.lifecycle.bootstrapped());
  app.lifecycle.addStopListener(() => {
    panel.clear();
    app.lifecycle.stopped();
  });
  const { participants } = await read(conversationId);
  const other = participants.find(({ purpose }) => purpose === 'customer' || purpose === 'external');
  const direction = other?.direction === 'outbound' ? 'outbound' : 'inbound';
  panel.show({
    customerId: participants.map(({ attributes }) => attributes?.[customerAttribute]).find(Boolean) ?? '',
    direction,
    line: (direction === 'outbound' ? other?.ani : other?.dnis)?.replace(/^(tel|sip):/, '').replace(/@.*$/, '') ?? '',
    externalId: conversationId,
    externalSystem: 'genesys',
  });
}
