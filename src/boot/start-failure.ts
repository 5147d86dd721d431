import { ConfigError } from '../config/config.js';
import { explainDatabaseFailure } from '../database/database-failure.js';
import { explainListenError } from './listening.js';

/** Why a start failed, for the person who started: what to do about it where that is known, else where in the code it was. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  const explained = explainListenError(error) ?? explainDatabaseFailure(error);
  if (explained !== null) return `${explained}\n\`npm run doctor\` checks all of the configuration at once.`;
  return error.stack ?? error.message;
}
