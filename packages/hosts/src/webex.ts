import type { PanelPort } from './panel-port.js';

interface WebexMessage {
  readonly data?: {
    readonly interactionId?: string;
    readonly interaction?: {
      readonly mediaType?: string;
      readonly contactDirection?: { readonly type?: string };
      readonly callAssociatedData?: Readonly<Record<string, { readonly value?: string }>>;
    };
  };
}

/** What of `Desktop.agentContact` in `@wxcc-desktop/sdk` is used. */
export interface WebexContacts {
  addEventListener(event: string, listener: (message: WebexMessage) => void): void;
  removeEventListener(event: string, listener: (message: WebexMessage) => void): void;
}

/**
 * In a widget of the Webex Contact Center desktop: shows the call that the agent is given, by the variable `customerId`
 * of the bank's flow. `dn` is the number that was dialled to reach the bank.
 *
 * @returns what ends it
 */
export function connectWebex(contacts: WebexContacts, panel: PanelPort): () => void {
  const assigned = ({ data }: WebexMessage): void => {
    const { interaction, interactionId = '' } = data ?? {};
    if (!interaction || (interaction.mediaType ?? 'telephony') !== 'telephony') return;
    const given = interaction.callAssociatedData ?? {};
    panel.show({
      customerId: given['customerId']?.value ?? '',
      direction: interaction.contactDirection?.type === 'OUTBOUND' ? 'outbound' : 'inbound',
      line: given['dn']?.value ?? '',
      externalId: interactionId,
      externalSystem: 'webex',
    });
  };
  const ended = (): void => panel.clear();
  contacts.addEventListener('eAgentContactAssigned', assigned);
  contacts.addEventListener('eAgentContactWrappedUp', ended);
  return () => {
    contacts.removeEventListener('eAgentContactAssigned', assigned);
    contacts.removeEventListener('eAgentContactWrappedUp', ended);
  };
}
