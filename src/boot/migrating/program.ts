import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, ConfigError, readConfig } from '../../config/config.js';
import { lookAhead } from '../../database/migration-outlook.js';
import { layoutOf } from '../../embedded-postgres/cluster.js';
import { migrateDatabase, withOwner } from '../service-database.js';
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

function readSettings(environment: NodeJS.ProcessEnv): Config {
  const config = readConfig(environment);
  if (config.serviceDatabaseUrl && !config.ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: migrating needs the role that owns the schema, not the one that serves requests.',
    );
  return config;
}

/**
 * Runs `countersign migrate` with the settings of the service; returns the exit code: 0 once there is nothing to do, 1 where it
 * failed or would fail, and with `plan` 3 where there is something to do.
 */
export async function runMigrate(environment: NodeJS.ProcessEnv, options: MigrateOptions): Promise<number> {
  try {
    const config = readSettings(environment);
    return await (options.plan ? printPlan(config, options) : runAll(config, options));
  } catch (error) {
    options.say(`${options.plan ? 'Could not look' : 'Could not migrate'}.\n${explainStartFailure(error)}\n`);
    return 1;
  }
}

async function printPlan(config: Config, { asJson, say }: MigrateOptions): Promise<number> {
  if (!config.ownerDatabaseUrl && !existsSync(layoutOf(resolve(config.dataDirectory)).data)) {
    say(
      asJson
        ? `${JSON.stringify({ database: null })}\n`
        : 'There is no database yet. The first start makes one in DATA_DIR.\n',
    );
    return TO_DO;
  }
  const outlook = await withOwner(config, (ownerUrl) => lookAhead(ownerUrl, config));
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
