import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { ConfigError, readConfig } from '../../config/config.js';
import { explainStartFailure } from '../start-failure.js';
import { tenantsAdd, tenantsChange, tenantsList, tenantsSetStatus, type TenantList } from './commands.js';

export interface TenantsOptions {
  readonly asJson: boolean;
  /** Who does it; the person at the keyboard, as the system knows them, where nothing is said. */
  readonly by: string | undefined;
  /** Is given what to print. */
  readonly say: (text: string) => void;
}

const MOST_NAME = 200;

/** Runs `countersign tenants …` with the settings of the service; returns the exit code. */
export async function runTenants(
  [command, what]: readonly string[],
  environment: NodeJS.ProcessEnv,
  { asJson, by, say }: TenantsOptions,
): Promise<number> {
  const line = (text: string): void => say(`${text}\n`);
  try {
    const config = readConfig(environment);
    if (command === 'list') {
      const list = await tenantsList(config);
      say(asJson ? `${JSON.stringify(list, null, 2)}\n` : described(list));
      return list.faults.length === 0 ? 0 : 1;
    }
    const changedBy = readName(by ?? userInfo().username);
    if (command === 'suspend' || command === 'resume') {
      const status = command === 'suspend' ? 'suspended' : 'active';
      const isChanged = await tenantsSetStatus(config, { id: what!, status }, changedBy);
      line(`Tenant ${what} is ${status}${isChanged ? '' : ' already'}.`);
      return 0;
    }
    const entry = await readEntryFile(what!);
    const { id } = await (command === 'add' ? tenantsAdd : tenantsChange)(config, entry, changedBy);
    line(`Tenant ${id} is ${command === 'add' ? 'added' : 'changed'}.`);
    return 0;
  } catch (error) {
    if (error instanceof ConfigError) line(error.message);
    else line(explainStartFailure(error));
    return 1;
  }
}

function readName(by: string): string {
  if (by === '' || by.length > MOST_NAME || /\p{C}/u.test(by))
    throw new ConfigError(`--by should be a name of at most ${MOST_NAME} characters.`);
  return by;
}

/** What stands in it is not repeated. */
async function readEntryFile(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(`The file cannot be read: ${error.code}.`);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ConfigError('The file should hold one JSON object, as an entry of TENANTS is.');
  }
}

function described({ tenants, faults }: TenantList): string {
  const width = Math.max(...tenants.map(({ id }) => id.length));
  const lines = tenants.map(({ id, status, namedIn, issuer, customerIssuer, changedBy, changedAt }) => {
    const of = customerIssuer === null ? issuer : `${issuer}, customers ${customerIssuer}`;
    const who = changedBy === null ? '' : `; ${changedBy}, ${changedAt!.toISOString()}`;
    return `${id.padEnd(width)}  ${status.padEnd(9)}  ${namedIn.padEnd(7)}  ${of}${who}\n`;
  });
  return [...lines, ...faults.map((fault) => `NOT SERVED  ${fault}\n`)].join('');
}
