import { originList, pagesByTenant } from './config-validators.js';
import { setting, unset } from './declared-setting.js';

/** What the pages of each tenant say and use. */
export const pagesSetting = setting(
  null,
  pagesByTenant,
  unset('the pages of tenants with a `customerIssuer`, and of all outside production'),
  'JSON: `{"northbank":{"name","cardNumber","locale","clientId","scope","consoleClientId","consoleScope","frameAncestors"}}`, each optional: what `/my` and `/check` say, the OIDC clients that customers and the bank\'s people sign in with, and which origins may frame the pages for customers. In production there is `/console` and `/panel` only where `consoleClientId` stands. `pages` in TENANTS says the same of one tenant.',
);

/** Whose pages may hold the agents' panel in a frame. */
export const embedOriginsSetting = setting(
  'embedOrigins',
  originList,
  unset('none'),
  "Origins with commas between, such as `https://desktop.bank.example`, whose pages may hold `/panel` in a frame and tell it which call an agent has; `none` for none. They see the agent's screen: name desktops alone.",
);
