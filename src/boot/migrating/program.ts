import { resolve } from 'node:path';
import { type Config, ConfigError, inspectEnvironment, readConfig } from '../../config/config.js';
import { lookAhead } from '../../database/migration-outlook.js';
import { lookAtExisting, migrateDatabase } from '../service-database.js';
import { explainStartFailure } from '../start-failure.js';
import { planText } from './plan-text.js';

/** There is something to do, and nothing in its way. */
const TO_DO = 3;

export interface MigrateOptions {
  /** Says what would be done, and does nothing. */
  readonly plan: boolean;
  readonly asJson: boolean;
  /** Is given what to print. */
  readonly say: (text: string) => void;
}

function requireOwner({
  ownerDatabaseUrl,
  serviceDatabaseUrl,
}: Partial<Pick<Config, 'ownerDatabaseUrl' | 'serviceDatabaseUrl'>>): void {
  if (serviceDatabaseUrl && !ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: migrating needs the role that owns the schema, not the one that serves requests.',
    );
}

/**
 * Runs `countersign migrate` with the settings of the service; returns the exit code: 0 once there is nothing to do, 1 where it
 * failed or would fail, and with `plan` 3 where there is something to do.
 */
export async function runMigrate(environment: NodeJS.ProcessEnv, options: MigrateOptions): Promise<number> {
  try {
    if (options.plan) return await printPlan(environment, options);
    const config = readConfig(environment);
    requireOwner(config);
    return await runAll(config, options);
  } catch (error) {
    options.say(`${options.plan ? 'Could not look' : 'Could not migrate'}.\n${explainStartFailure(error)}\n`);
    return 1;
  }
}

/** Keys that a start makes up in development are not made up by a look. */
async function printPlan(environment: NodeJS.ProcessEnv, { asJson, say }: MigrateOptions): Promise<number> {
  const { env, complaints } = inspectEnvironment(environment, { generateKeys: false });
  if (complaints.length > 0) throw new ConfigError(complaints.join('\n'));
  const ownerDatabaseUrl = env.DATABASE_URL;
  requireOwner({ ownerDatabaseUrl, serviceDatabaseUrl: env.SERVICE_DATABASE_URL });
  const outlook = await lookAtExisting({ ownerDatabaseUrl, dataDirectory: resolve(env.DATA_DIR) }, (ownerUrl) =>
    lookAhead(ownerUrl, { eventsRetentionMonths: env.EVENTS_RETENTION_MONTHS }),
  );
  if (outlook === null) {
    say(
      asJson
        ? `${JSON.stringify({ database: null })}\n`
        : 'There is no database yet. The first start makes one in DATA_DIR.\n',
    );
    return TO_DO;
  }
  say(asJson ? `${JSON.stringify(outlook, null, 2)}\n` : planText(outlook));
  if (outlook.obstacles.length > 0) return 1;
  return outlook.pending.length + outlook.rest.length > 0 ? TO_DO : 0;
}

async function runAll(config: Config, { say }: MigrateOptions): Promise<number> {
  const { applied, mended } = await migrateDatabase(config, { say: (line) => say(`${line}\n`) });
  say(
    applied.length === 0
      ? 'The database is up to date.\n'
      : `Applied:\n${applied.map((name) => `  ${name}\n`).join('')}`,
  );
  if (mended)
    say(
      `It was restored into a younger cluster: its event log was mended, and ${mended.moved} events that had been decided since come last in it.\n`,
    );
  return 0;
}
