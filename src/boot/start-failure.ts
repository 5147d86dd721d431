import { ConfigError } from '../config/config.js';
import { explainListenError } from './listening.js';

/** Why a start failed, for the person who started: what to do about it where that is known, else where in the code it was. */
export function explainStartFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return explainListenError(error) ?? (error instanceof ConfigError ? error.message : (error.stack ?? error.message));
}
