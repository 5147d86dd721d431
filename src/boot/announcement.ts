import type { Config } from '../config/config.js';

/** What a start prints for a newcomer; empty where there are no demo identities. */
export function welcome(config: Config, embeddedDatabase: boolean): string {
  if (!config.developmentIssuer) return '';
  return `
Countersign is ready: ${config.publicUrl}

  API page       ${config.publicUrl}/docs        (OpenAPI: ${config.publicUrl}/openapi.json)
  Tenants        ${config.tenants.map((tenant) => tenant.id).join(', ')}   (issuers under ${config.publicUrl}/oidc/<tenant>)
  Identities     app, telephony, admin, analyst, agent:amara, agent:ben, agent:chioma
  Database       ${embeddedDatabase ? `embedded PostgreSQL in ${config.dataDirectory}` : 'the one in DATABASE_URL'}

Next, in another terminal:

  npm run demo                        plays the whole story against this service
  npm run -s token -- agent:amara     prints an access token

This is a development set-up: anybody who reaches it can sign in as anybody.

`;
}
