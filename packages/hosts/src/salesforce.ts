import type { PanelPort } from './panel-port.js';

interface CtiPayload {
  /** The number that was clicked. */
  readonly number?: string;
  readonly recordId?: string;
  readonly objectType?: string;
}

/** What of `sforce.opencti` (Open CTI for Lightning Experience) is used. */
export interface OpenCti {
  enableClickToDial(options: { callback?: (response: { success: boolean }) => void }): void;
  onClickToDial(options: { listener: (payload: CtiPayload) => void }): void;
  onNavigationChange(options: { listener: (payload: CtiPayload) => void }): void;
  setSoftphonePanelVisibility(options: { visible: boolean }): void;
}

export interface SalesforceOptions {
  /** The customer's id at the bank of a record such as an account; null for a record of anything else. */
  readonly customerOf: (recordId: string) => Promise<string | null>;
  /** The line that this desk rings from. */
  readonly line?: string;
}

/**
 * In a softphone of Salesforce: a number that is clicked is a call that the bank places. A record that is opened is
 * shown as the customer, so that a call that comes in has only to be declared.
 */
export function connectSalesforce(cti: OpenCti, panel: PanelPort, { customerOf, line = '' }: SalesforceOptions): void {
  const show = async ({ recordId }: CtiPayload, direction: 'outbound' | 'inbound'): Promise<void> => {
    const customerId = recordId ? await customerOf(recordId) : null;
    if (customerId === null) return;
    panel.show({ customerId, direction, line: direction === 'outbound' ? line : '', externalSystem: 'salesforce' });
  };
  cti.enableClickToDial({});
  cti.onClickToDial({
    listener: (payload) => {
      cti.setSoftphonePanelVisibility({ visible: true });
      void show(payload, 'outbound');
    },
  });
  cti.onNavigationChange({ listener: (payload) => void show(payload, 'inbound') });
}
