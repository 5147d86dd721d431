import { type Inspection, inspectEnvironment } from '../../config/config.js';
import { databaseAddresses } from '../../config/database-addresses.js';
import { serviceLoginUrl } from '../../database/migrate.js';
import { keptNameOf, loginSuffix } from '../master-key.js';
import { servicePassword } from '../service-database.js';
import { checkDatabase } from './database-checks.js';
import type { Finding } from './finding.js';
import { checkIssuer } from './issuer-checks.js';
import { checkReplica } from './replica-checks.js';
import { findTenants } from './tenant-checks.js';

/**
 * Checks a configuration and all that it leads to, without changing anything, and says all that is missing at once. What
 * hangs on a setting that is wrong is left out; everything else is checked.
 */
export async function examine(environment: NodeJS.ProcessEnv): Promise<Finding[]> {
  // Keys that only a start makes up in development are not made by a check.
  const inspection = inspectEnvironment(environment, { generateKeys: false });
  const { env, complaints } = inspection;
  const settings: Finding[] = complaints.map((complaint) => ({
    check: 'settings',
    result: 'failed',
    detail: complaint,
  }));
  if (settings.length === 0)
    settings.push({ check: 'settings', result: 'ok', detail: 'Each is as it should be, both keys included.' });
  const production = env.NODE_ENV === 'production';
  const { tenants, findings } = await findTenants(inspection);
  const tenantIds = tenants.map(({ id }) => id);
  // No token of one that is suspended is taken.
  const served = tenants.filter(({ status }) => status === 'active');
  const [database, ...issuers] = await Promise.all([
    examineDatabase(inspection, tenantIds),
    ...served.flatMap((tenant) => [
      checkIssuer(`issuer of ${tenant.id}`, tenant, production),
      ...(tenant.customerIssuer
        ? [checkIssuer(`customer issuer of ${tenant.id}`, tenant.customerIssuer, production)]
        : []),
    ]),
  ]);
  return [...settings, ...findings, ...database, ...issuers.flat()];
}

async function examineDatabase(inspection: Inspection, tenantIds: readonly string[]): Promise<Finding[]> {
  const { env, masterKey, previousMasterKey, faults } = inspection;
  const { ownerDatabaseUrl: ownerUrl, serviceDatabaseUrl: given, poolerUrl } = databaseAddresses(env);
  if (faults.DATABASE_URL || faults.SERVICE_DATABASE_URL || faults.DATABASE_DIRECT_URL)
    return [{ check: 'database', result: 'skipped', detail: 'Its address is wrong.' }];
  if (!ownerUrl && !given) {
    const detail = 'The embedded one, in DATA_DIR; a start makes it.';
    if (env.NODE_ENV !== 'production') return [{ check: 'database', result: 'ok', detail }];
    return [
      {
        check: 'database',
        result: 'warning',
        detail: `${detail} Set DATABASE_URL to a PostgreSQL that somebody backs up.`,
      },
    ];
  }
  const made =
    ownerUrl && masterKey
      ? serviceLoginUrl(ownerUrl, servicePassword(masterKey), await suffixAt(ownerUrl, masterKey))
      : undefined;
  const masterKeys = masterKey && { masterKey, previousMasterKey };
  const serviceUrl = given ?? made;
  const findings = await checkDatabase({
    ownerUrl,
    serviceUrl,
    migrates: env.MIGRATE ?? true,
    makesLogin: given === undefined,
    poolerUrl,
    tenantIds,
    masterKeys,
  });
  return [...findings, ...(await examineReplica(inspection, serviceUrl, findings))];
}

/** The replica is asked through the login that serves, once that is let in at the primary. */
async function examineReplica(
  { env, faults }: Inspection,
  serviceUrl: string | undefined,
  findings: readonly Finding[],
): Promise<Finding[]> {
  if (env.REPLICA_URL === undefined || faults.REPLICA_URL || faults.REPLICA_MAX_LAG_SECONDS) return [];
  const isLetIn = findings.some(({ check, result }) => check === 'service login' && result === 'ok');
  if (serviceUrl === undefined || !isLetIn)
    return [{ check: 'replica', result: 'skipped', detail: 'It is asked through the login that serves.' }];
  return [
    await checkReplica({
      replicaUrl: env.REPLICA_URL,
      serviceUrl,
      maxLagSeconds: env.REPLICA_MAX_LAG_SECONDS ?? 5,
    }),
  ];
}

/** A database that cannot be asked is told of by the checks. */
async function suffixAt(ownerUrl: string, masterKey: Buffer): Promise<string | undefined> {
  const firstName = await keptNameOf(ownerUrl).catch(() => null);
  return loginSuffix({ firstName, founding: null }, { masterKey });
}
