import pg from 'pg';
import { freePort } from '../../bench/load/free-port.js';
import { CustomerDevice } from './customer-device.js';
import { type ServiceClient } from './service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { readConfig } from '../../src/config/config.js';
import { RATE_LIMITS } from '../../src/config/rate-limits.js';
import { type RunningService, startService } from '../../src/boot/service.js';
import { CheckedClient } from './checked-client.js';
import { createTestDatabase } from './database.js';
import { requireCataloguedEvents } from './event-checker.js';
import { ReplyChecker } from './reply-checker.js';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary.js';

export const LINE = '+442079460100';
export const OTHER_LINE = '+442079460101';
export const CARD_LINE = '+442079460199';

export interface Identities {
  readonly app: ServiceClient;
  readonly telephony: ServiceClient;
  readonly admin: ServiceClient;
  readonly analyst: ServiceClient;
  readonly amara: ServiceClient;
  readonly ben: ServiceClient;
  readonly chioma: ServiceClient;
  /** Supervises amara's team, Fraud Operations. */
  readonly dana: ServiceClient;
}

/** The whole service on a database of its own, served over real HTTP. */
export interface TestService extends Identities {
  readonly url: string;
  readonly dataDirectory: string;
  /** Connects as the owner of the database, past row-level security. */
  readonly ownerUrl: string;
  readonly running: RunningService;
  /** Runs SQL as the owner, for what no API shows. */
  sql<Row extends object = any>(text: string, values?: unknown[]): Promise<Row[]>;
  token(identity: string, tenant?: string): Promise<string>;
  clients(tenant: string): Promise<Identities>;
  /** A customer with an enrolled device that is old enough to be trusted. */
  customerWithDevice(customerId?: string): Promise<CustomerDevice>;
  /** Another process on the same database would look like this. */
  startAnother(environment?: NodeJS.ProcessEnv): Promise<RunningService>;
  stop(): Promise<void>;
}

/** Most specs repeat what an attacker would; those of limits say their own. What agents look up is limited as by default. */
const UNLIMITED = JSON.stringify(
  Object.fromEntries(
    Object.keys(RATE_LIMITS)
      .filter((name) => name !== 'customer-lookups')
      .map((name) => [name, 1_000_000]),
  ),
);

let customers = 0;

/** A customer id that no other test of this process uses. */
export function newCustomerId(): string {
  customers += 1;
  return `cust-${process.pid}-${customers}`;
}

/** @param through gives the address under which the service reaches the database of the given one, or all settings of it; SQL of the test's own goes there directly. */
export async function startTestService(
  environment: NodeJS.ProcessEnv = {},
  through: (databaseUrl: string) => string | Promise<NodeJS.ProcessEnv> = (databaseUrl) => databaseUrl,
): Promise<TestService> {
  const [database, dataDirectory, port] = await Promise.all([createTestDatabase(), makeTemporaryFolder(), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const reached = await through(database.url);
  const settings = {
    ...(typeof reached === 'string' ? { DATABASE_URL: reached } : reached),
    DATA_DIR: dataDirectory,
    PORT: String(port),
    LOG_LEVEL: 'silent',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    RATE_LIMITS: UNLIMITED,
    ...environment,
  };
  const running = await startService(readConfig(settings));
  const owner = new pg.Pool({ connectionString: database.url, max: 2 });
  owner.on('error', () => undefined);
  const others: RunningService[] = [];
  const checker = await ReplyChecker.of(running.url);
  const token = (identity: string, tenant = 'northbank'): Promise<string> =>
    fetchDevelopmentToken({ serviceUrl: url, dataDirectory, tenant, identity: identity });
  const clients = async (tenant: string): Promise<Identities> => {
    const as = async (identity: string): Promise<ServiceClient> =>
      new CheckedClient(url, await token(identity, tenant), checker);
    const [app, telephony, admin, analyst, amara, ben, chioma, dana] = await Promise.all(
      ['app', 'telephony', 'admin', 'analyst', 'agent:amara', 'agent:ben', 'agent:chioma', 'supervisor:dana'].map(as),
    );
    return {
      app: app!,
      telephony: telephony!,
      admin: admin!,
      analyst: analyst!,
      amara: amara!,
      ben: ben!,
      chioma: chioma!,
      dana: dana!,
    };
  };
  // A service with TENANTS of the test's own has no development issuer to ask for tokens.
  const identities = environment.TENANTS === undefined ? await clients('northbank') : ({} as Identities);
  const sql = async <Row extends object = any>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await owner.query<Row>(text, values)).rows;
  return {
    ...identities,
    url,
    dataDirectory,
    ownerUrl: database.url,
    running,
    sql,
    token,
    clients,
    customerWithDevice: async (customerId = newCustomerId()) => {
      const device = await CustomerDevice.make(customerId);
      const reply = await device.enrol(identities.app);
      if (reply.status !== 201) throw new Error(`enrolment answered ${reply.status}`);
      await sql(`UPDATE devices SET enrolled_at = now() - interval '30 days' WHERE customer_id = $1`, [customerId]);
      return device;
    },
    startAnother: async (more = {}) => {
      const other = await startService(
        readConfig({ ...settings, PORT: String(await freePort()), PUBLIC_URL: url, ...more }),
      );
      others.push(other);
      return other;
    },
    stop: async () => {
      await Promise.all([running, ...others].map((service) => service.stop()));
      try {
        await requireCataloguedEvents(sql);
      } finally {
        await owner.end();
        await database.drop();
        await removeTemporaryFolder(dataDirectory);
      }
    },
  };
}
