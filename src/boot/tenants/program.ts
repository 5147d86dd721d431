import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { ConfigError, readConfig } from '../../config/config.js';
import { explainStartFailure } from '../start-failure.js';
import { MOST_PER_SECOND, type TenantLimits } from '../../config/tenant-limits.js';
import {
  type LimitsToSet,
  type TenantList,
  tenantsAdd,
  tenantsChange,
  tenantsList,
  tenantsSetLimits,
  tenantsSetStatus,
} from './commands.js';

export interface TenantsOptions {
  readonly asJson: boolean;
  /** Who does it; the person at the keyboard, as the system knows them, where nothing is said. */
  readonly by: string | undefined;
  /** As they were typed: a number, or `default` for what holds for all. */
  readonly requestsPerSecond?: string | undefined;
  readonly eventsPerSecond?: string | undefined;
  /** Is given what to print. */
  readonly say: (text: string) => void;
}

const MOST_NAME = 200;

/** Runs `countersign tenants …` with the settings of the service; returns the exit code. */
export async function runTenants(
  [command, what]: readonly string[],
  environment: NodeJS.ProcessEnv,
  { asJson, by, say, ...typed }: TenantsOptions,
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
    const limits = readLimits(typed);
    if (command === 'suspend' || command === 'resume') {
      const status = command === 'suspend' ? 'suspended' : 'active';
      const isChanged = await tenantsSetStatus(config, { id: what!, status }, changedBy);
      line(`Tenant ${what} is ${status}${isChanged ? '' : ' already'}.`);
      return 0;
    }
    if (command === 'limit') {
      await tenantsSetLimits(config, { id: what!, limits }, changedBy);
      line(`Tenant ${what} is limited so.`);
      return 0;
    }
    const entry = await readEntryFile(what!);
    const { id } = await (command === 'add' ? tenantsAdd : tenantsChange)(config, { entry, limits }, changedBy);
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

function readLimits({
  requestsPerSecond,
  eventsPerSecond,
}: Pick<TenantsOptions, 'requestsPerSecond' | 'eventsPerSecond'>): LimitsToSet {
  return {
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond: readLimit(requestsPerSecond) }),
    ...(eventsPerSecond === undefined ? {} : { eventsPerSecond: readLimit(eventsPerSecond) }),
  };
}

function readLimit(text: string): number | null {
  if (text === 'default') return null;
  if (!/^[1-9]\d{0,6}$/.test(text) || Number(text) > MOST_PER_SECOND)
    throw new ConfigError(`A limit should be a whole number from 1 to ${MOST_PER_SECOND}, or default.`);
  return Number(text);
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
  const lines = tenants.map(({ id, status, namedIn, issuer, customerIssuer, limits, changedBy, changedAt }) => {
    const of = customerIssuer === null ? issuer : `${issuer}, customers ${customerIssuer}`;
    const who = changedBy === null ? '' : `; ${changedBy}, ${changedAt!.toISOString()}`;
    return `${id.padEnd(width)}  ${status.padEnd(9)}  ${namedIn.padEnd(7)}  ${of}${limitsInWords(limits)}${who}\n`;
  });
  return [...lines, ...faults.map((fault) => `NOT SERVED  ${fault}\n`)].join('');
}

function limitsInWords({ requestsPerSecond, eventsPerSecond }: TenantLimits): string {
  const said = [
    ...(requestsPerSecond === undefined ? [] : [`${requestsPerSecond} requests a second`]),
    ...(eventsPerSecond === undefined ? [] : [`${eventsPerSecond} events a second`]),
  ];
  return said.length > 0 ? `; at most ${said.join(', ')}` : '';
}
