import { spawnSync } from 'node:child_process';
import { type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMasterKey } from '../crypto/server-keys.js';
import { generateSigningKeyPem, parseSigningKey } from '../crypto/signing-key.js';

/** The environment is wrong; the message names each variable and what it should be. */
export class ConfigError extends Error {}

/** Reads the master key, generating a file of its own only outside production; two starts at once agree on one key. */
export function readMasterKey(
  key: string | undefined,
  file: string | undefined,
  dataDirectory: string,
  production: boolean,
): Buffer {
  const path = file ?? join(dataDirectory, 'master.key');
  if (key === undefined && !existsSync(path)) {
    if (production || file !== undefined) {
      throw new ConfigError(
        'MASTER_KEY or MASTER_KEY_FILE is missing: 32 random bytes, for example from `openssl rand -base64 32`.',
      );
    }
    writeOnce(path, dataDirectory, `${randomBytes(32).toString('base64')}\n`);
  }
  try {
    return parseMasterKey(key ?? readFileSync(path, 'utf8').trim());
  } catch {
    throw new ConfigError(
      `${key === undefined ? 'MASTER_KEY_FILE' : 'MASTER_KEY'} should be exactly 32 random bytes, base64 or hex.`,
    );
  }
}

/** Reads the master key that is being left; undefined where there is none. */
export function readPreviousMasterKey(key: string | undefined, file: string | undefined): Buffer | undefined {
  if (key === undefined && file === undefined) return undefined;
  if (key !== undefined && file !== undefined)
    throw new ConfigError('MASTER_KEY_PREVIOUS and MASTER_KEY_PREVIOUS_FILE exclude each other.');
  if (file !== undefined && !existsSync(file))
    throw new ConfigError('MASTER_KEY_PREVIOUS_FILE names a file that is not there.');
  try {
    return parseMasterKey(key ?? readFileSync(file!, 'utf8'));
  } catch {
    throw new ConfigError(
      `${key === undefined ? 'MASTER_KEY_PREVIOUS_FILE' : 'MASTER_KEY_PREVIOUS'} should be exactly 32 random bytes, base64 or hex.`,
    );
  }
}

/** For so long a start waits for the master key from elsewhere. */
const COMMAND_MS = 15_000;
const MOST_OUTPUT_BYTES = 256;

/**
 * The master key that a program writes to its standard output, as hex or base64. It is started once, without a shell.
 * @throws ConfigError with a sentence that repeats nothing of what the program wrote.
 */
export function askForMasterKey(
  [program, ...parameters]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Buffer {
  const refuse = (why: string): ConfigError => new ConfigError(`MASTER_KEY_COMMAND gave no master key: ${why}.`);
  const { error, status, stdout } = spawnSync(program, parameters, {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: COMMAND_MS,
    maxBuffer: MOST_OUTPUT_BYTES,
    killSignal: 'SIGKILL',
  });
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ETIMEDOUT') throw refuse(`it took longer than ${COMMAND_MS / 1_000} s`);
  if (code === 'ENOBUFS') throw refuse(`it wrote more than ${MOST_OUTPUT_BYTES} bytes`);
  if (error) throw refuse('it could not be started');
  if (status !== 0) throw refuse(`it ended with ${status ?? 'a signal'}`);
  try {
    return parseMasterKey(stdout.toString('latin1'));
  } catch {
    throw refuse('what it wrote is not 32 bytes as hex or base64');
  } finally {
    stdout.fill(0);
  }
}

/** Reads the signing key, generated like the master key. */
export function readSigningKey(
  key: string | undefined,
  file: string | undefined,
  dataDirectory: string,
  production: boolean,
): KeyObject {
  const path = file ?? join(dataDirectory, 'signing.key');
  if (key === undefined && !existsSync(path)) {
    if (production || file !== undefined)
      throw new ConfigError(
        'SIGNING_KEY or SIGNING_KEY_FILE is missing: an Ed25519 private key, for example from `openssl genpkey -algorithm ed25519`.',
      );
    writeOnce(path, dataDirectory, generateSigningKeyPem());
  }
  try {
    return parseSigningKey(key ?? readFileSync(path, 'utf8'));
  } catch {
    throw new ConfigError(
      `${key === undefined ? 'SIGNING_KEY_FILE' : 'SIGNING_KEY'} should be an Ed25519 private key, PKCS#8 PEM or JWK.`,
    );
  }
}

/** Writes a file that nobody else can read, unless it is there by now. */
export function writeOnce(path: string, directory: string, text: string): void {
  mkdirSync(directory, { recursive: true });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
