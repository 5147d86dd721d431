/** The development issuer's `iss` for a tenant, under the address that clients use. */
export function developmentIssuerUrl(baseUrl: string, tenant: string): string {
  return `${baseUrl.replace(/\/+$/, '')}${developmentIssuerPath(tenant)}`;
}

/** Where the service itself serves that issuer. */
export function developmentIssuerPath(tenant: string): string {
  return `/oidc/${tenant}`;
}

/** What a public client on the agent's machine names as redirect URI: any port of loopback (RFC 8252 §7.3). */
export const LOOPBACK_REDIRECT_URI = 'http://127.0.0.1/callback';

export const AGENT_CLIENT_ID = 'agent-desktop';

/** The public client of pages for everybody at the bank. */
export const CONSOLE_CLIENT_ID = 'countersign-console';

/** The public client of the bank's customers, for a phone or a page. */
export const CUSTOMER_CLIENT_ID = 'countersign-my';
