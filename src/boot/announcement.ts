import { resolve } from 'node:path';
import type { Config } from '../config/config.js';

/** By the name that passkeys are for on this machine: an address has none. */
function customersPage({ publicUrl }: Config): string {
  return `${publicUrl.replace('//127.0.0.1', '//localhost')}/my        (sign in as maya, noah or ines)`;
}

/** What a start prints for a newcomer; empty where there are no demo identities. */
export function welcome(config: Config, embeddedDatabase: boolean): string {
  if (!config.developmentIssuer) return '';
  const surroundings = surroundingsOf(config);
  return `
Countersign is ready: ${config.publicUrl}

  API page       ${config.publicUrl}/docs        (OpenAPI: ${config.publicUrl}/openapi.json)
  For customers  ${customersPage(config)}
  For the bank   ${config.publicUrl}/console     (sign in as amara, dana, femi or gita)
  Tenants        ${config.tenants.map((tenant) => tenant.id).join(', ')}   (issuers under ${config.publicUrl}/oidc/<tenant>)
  Identities     app, telephony, admin, analyst, agent:amara, agent:ben, agent:chioma,
                 supervisor:dana, analyst:femi, admin:gita, customer:maya, customer:noah, customer:ines
  Database       ${embeddedDatabase ? `embedded PostgreSQL in ${config.dataDirectory}` : 'the one in DATABASE_URL'}

Next, in another terminal${surroundings === '' ? '' : ', where the service is not where the commands look for it'}:

${surroundings}  npm run demo                        plays the whole story against this service
  npm run -s token -- agent:amara     prints an access token

This is a development set-up: anybody who reaches it can sign in as anybody.

`;
}

/** What the commands have to be told where the service, or its folder, is not where they look for it. */
function surroundingsOf({ publicUrl, dataDirectory }: Config): string {
  const [usualUrl, usualFolder] = ['http://127.0.0.1:3000', resolve('./.data')];
  const differing = [
    ...(publicUrl === usualUrl ? [] : [`COUNTERSIGN_URL=${publicUrl}`]),
    ...(dataDirectory === usualFolder ? [] : [`DATA_DIR=${quoted(dataDirectory)}`]),
  ];
  return differing.length === 0 ? '' : `  export ${differing.join(' ')}\n\n`;
}

/** For a shell, where it needs to be. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
