import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import type { JWK } from 'jose';

/** The development issuer's confidential clients: the id is also the one scope that each may have. */
export const MACHINE_CLIENTS = ['app', 'telephony', 'admin', 'analyst'] as const;

export type MachineClient = (typeof MACHINE_CLIENTS)[number];

/** What a tenant's development issuer keeps between starts, and shares with other processes on the same data directory. */
export interface IssuerSecrets {
  readonly version: 1;
  readonly signingKey: JWK;
  readonly clientSecrets: Readonly<Record<MachineClient, string>>;
  readonly cookieKey: string;
}

/** Where a tenant's secrets are kept, readable by their owner alone. */
export function issuerFile(dataDirectory: string, tenant: string): string {
  return join(dataDirectory, 'issuer', `${tenant}.json`);
}

/**
 * Returns a tenant's secrets, which the first caller creates: of several processes at once, all get the same.
 * @throws Error when the file is there and cannot be read or understood
 */
export async function ensureIssuerSecrets(dataDirectory: string, tenant: string): Promise<IssuerSecrets> {
  const file = issuerFile(dataDirectory, tenant);
  try {
    return await readIssuerSecrets(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  await writeFile(draft, JSON.stringify(await newSecrets(), null, 2), { mode: 0o600, flag: 'wx' });
  try {
    // A link is created whole or not at all, and never over a file that another process has put there.
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return readIssuerSecrets(file);
}

/**
 * Reads an existing file of secrets.
 * @throws Error with the `code` of the file system, or one that says the file is damaged
 */
export async function readIssuerSecrets(file: string): Promise<IssuerSecrets> {
  const text = await readFile(file, 'utf8');
  try {
    const secrets = JSON.parse(text) as IssuerSecrets;
    const complete =
      secrets.version === 1 &&
      secrets.signingKey.d &&
      secrets.cookieKey &&
      MACHINE_CLIENTS.every((client) => secrets.clientSecrets[client]);
    if (complete) return secrets;
  } catch {
    // Said below, without the parser's message, which quotes the file.
  }
  throw new Error(
    `${file} is damaged. Delete it and start the service again: the development issuer makes a new one, and tokens issued so far stop working.`,
  );
}

/** The public half of the key that a tenant's issuer signs with, as a JSON Web Key Set. */
export async function readKeySet(dataDirectory: string, tenant: string): Promise<{ keys: JWK[] }> {
  const { kty, crv, x, y, kid, use, alg } = (await readIssuerSecrets(issuerFile(dataDirectory, tenant))).signingKey;
  return { keys: [{ kty, crv, x, y, kid, use, alg } as JWK] };
}

async function newSecrets(): Promise<IssuerSecrets> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const secret = () => randomBytes(32).toString('base64url');
  return {
    version: 1,
    signingKey: {
      ...(await exportJWK(privateKey)),
      kid: randomBytes(12).toString('base64url'),
      use: 'sig',
      alg: 'ES256',
    },
    clientSecrets: { app: secret(), telephony: secret(), admin: secret(), analyst: secret() },
    cookieKey: secret(),
  };
}
