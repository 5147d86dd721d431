import type { PanelPort } from './panel-port.js';

/** What of the client of Zendesk's app framework (`ZAFClient.init()`) is used. */
export interface ZendeskClient {
  get(path: string | string[]): Promise<Readonly<Record<string, unknown>>>;
  on(event: string, handler: () => void): void;
  off(event: string, handler: () => void): void;
  invoke(name: string, ...values: unknown[]): Promise<unknown>;
}

export interface ZendeskOptions {
  /** Where the customer's id at the bank stands. */
  readonly customerPath?: string;
  /** The line that this desk rings from. */
  readonly line?: string;
  readonly heightPixels?: number;
}

/**
 * In a ticket's sidebar: shows the requester of the ticket whenever the app is looked at. A ticket of the channel `voice`
 * is a call that came in; beside any other the agent rings.
 *
 * @returns what ends it
 */
export async function connectZendesk(
  client: ZendeskClient,
  panel: PanelPort,
  { customerPath = 'ticket.requester.externalId', line = '', heightPixels = 720 }: ZendeskOptions = {},
): Promise<() => void> {
  const show = async (): Promise<void> => {
    const given = await client.get(['ticket.id', 'ticket.via.channel', customerPath]);
    const customerId = given[customerPath];
    panel.show({
      customerId: typeof customerId === 'string' ? customerId : '',
      direction: given['ticket.via.channel'] === 'voice' ? 'inbound' : 'outbound',
      line,
      externalId: `ticket-${String(given['ticket.id'])}`,
      externalSystem: 'zendesk',
    });
  };
  const shown = (): void => void show();
  client.on('app.activated', shown);
  await client.invoke('resize', { width: '100%', height: `${heightPixels}px` });
  await show();
  return () => {
    client.off('app.activated', shown);
    panel.clear();
  };
}
