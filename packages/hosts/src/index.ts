export { connectAmazon, type AmazonContacts } from './amazon-connect.js';
export { connectFlex, type FlexActions } from './twilio-flex.js';
export { connectGenesys, type GenesysApp, type GenesysConversation } from './genesys-cloud.js';
export { connectSalesforce, type OpenCti } from './salesforce.js';
export { connectWebex, type WebexContacts } from './webex.js';
export { connectZendesk, type ZendeskClient } from './zendesk.js';
export { PanelFrame, type PanelEvent } from './panel-frame.js';
export type { PanelPort } from './panel-port.js';
export {
  PANEL_VERSION,
  type FromPanel,
  type PanelSettings,
  readSettings,
  readToPanel,
  type ToPanel,
} from './panel-messages.js';
