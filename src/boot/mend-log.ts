import { ConfigError, readConfig } from '../config/config.js';
import { mendDatabase } from './service-database.js';

/**
 * Mends the event log of the database that an environment leads to, as its owner, and says in a sentence how it is then.
 * @throws ConfigError where the environment names no owner, or is wrong.
 */
export async function mendLogOf(environment: NodeJS.ProcessEnv): Promise<string> {
  const config = readConfig(environment);
  if (config.serviceDatabaseUrl && !config.ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: mending needs the role that owns the schema, not the one that serves requests.',
    );
  const { epoch, moved } = await mendDatabase(config);
  return `The event log is in order: it counts from epoch ${epoch}, and ${moved} events that had been decided since the restore come last in it.`;
}
