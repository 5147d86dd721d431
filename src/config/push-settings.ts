import { createECDH, createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeValidator } from 'envalid';
import { parseUrl } from '../readers/url.js';
import { ConfigError, writeOnce } from './config-keys.js';

/** The application server's own key for Web Push (RFC 8292), base64url. */
export interface WebPushConfig {
  readonly subject: string;
  readonly publicKey: string;
  readonly privateKey: string;
}

/** A service account of Firebase Cloud Messaging. */
export interface FcmConfig {
  readonly projectId: string;
  readonly clientEmail: string;
  readonly privateKey: KeyObject;
  readonly tokenUrl: string;
  readonly baseUrl: string;
}

/** A key of the Apple Push Notification service. */
export interface ApnsConfig {
  readonly keyId: string;
  readonly teamId: string;
  /** The apps that may be pushed to; the first is taken where a subscription names none. */
  readonly topics: readonly string[];
  readonly privateKey: KeyObject;
  readonly baseUrl: string;
}

/** Each is null where it is off. */
export interface PushConfig {
  readonly webPush: WebPushConfig | null;
  readonly fcm: FcmConfig | null;
  readonly apns: ApnsConfig | null;
}

/** What the settings of push are, as they were read. */
export interface PushSettings {
  readonly VAPID_SUBJECT: string | undefined;
  readonly VAPID_PRIVATE_KEY: string | undefined;
  readonly VAPID_PRIVATE_KEY_FILE: string | undefined;
  readonly FCM: FcmSetting | undefined;
  readonly APNS: ApnsSetting | undefined;
}

export interface FcmSetting {
  readonly serviceAccountFile: string;
  readonly baseUrl: string;
}

export interface ApnsSetting {
  readonly keyFile: string;
  readonly keyId: string;
  readonly teamId: string;
  readonly topics: readonly string[];
  readonly baseUrl: string;
}

const PRIVATE_KEY_BYTES = 32;
const DEVELOPMENT_SUBJECT = 'mailto:development@example.com';
/** Names that no push service could ask anything at (RFC 6761, RFC 2606); Apple answers to them with 403 BadJwtToken. */
const NOBODY = /(^|[.@])(localhost|invalid|test)$/;

/** Who may be asked about pushes (RFC 8292, section 2.1). */
export const vapidSubject = makeValidator<string>((text) => {
  const form = 'a mailto: address or an https URL whose host is neither localhost nor under .invalid or .test';
  const url = parseUrl(text);
  if (url === null) throw new Error(form);
  const { protocol, hostname, pathname } = url;
  const host = protocol === 'mailto:' ? (/^[^@\s]+@([^@\s?]+)$/.exec(pathname)?.[1] ?? '') : hostname;
  if (
    !['mailto:', 'https:'].includes(protocol) ||
    !/^[a-z0-9.-]+\.[a-z]{2,}$/i.test(host) ||
    NOBODY.test(host.toLowerCase())
  )
    throw new Error(form);
  return text;
});

/** Where Firebase is, and as whom. */
export const fcmSetting = makeValidator<FcmSetting>((text) => {
  const form = 'JSON such as {"serviceAccountFile":"/run/secrets/firebase.json"}, with `baseUrl` where that is another';
  const { serviceAccountFile, baseUrl = 'https://fcm.googleapis.com', ...rest } = objectIn(text, form);
  if (!isText(serviceAccountFile) || !isHttpUrl(baseUrl) || Object.keys(rest).length > 0) throw new Error(form);
  return { serviceAccountFile, baseUrl: baseUrl.replace(/\/+$/, '') };
});

/** Where Apple is, and as whom. */
export const apnsSetting = makeValidator<ApnsSetting>((text) => {
  const form =
    'JSON such as {"keyFile":"/run/secrets/AuthKey.p8","keyId":"ABC123DEFG","teamId":"DEF123GHIJ","topics":["example.bank.app"]}, with `baseUrl` where that is another';
  const { keyFile, keyId, teamId, topics, baseUrl = 'https://api.push.apple.com', ...rest } = objectIn(text, form);
  if (![keyFile, keyId, teamId].every(isText) || !isHttpUrl(baseUrl) || Object.keys(rest).length > 0)
    throw new Error(form);
  if (
    !Array.isArray(topics) ||
    topics.length === 0 ||
    !topics.every((topic) => isText(topic) && /^[A-Za-z0-9.-]+$/.test(topic))
  )
    throw new Error(form);
  return { keyFile, keyId, teamId, topics, baseUrl: baseUrl.replace(/\/+$/, '') } as ApnsSetting;
});

/**
 * Reads the keys of push that are given; Web Push without one is null. Each that is wrong is null too, and why it is comes to
 * the complaints.
 * @param faults The settings that are wrong by themselves: nothing more is said of those.
 */
export function readPush(
  settings: PushSettings,
  faults: Readonly<Partial<Record<keyof PushSettings, string>>>,
  production: boolean,
  complaints: string[],
): PushConfig {
  const { FCM, APNS } = settings;
  const attempt = <Result>(read: () => Result | null): Result | null => attemptOf(read, complaints);
  return Object.freeze({
    webPush: faults.VAPID_SUBJECT ? null : attempt(() => readWebPush(settings, production)),
    fcm: attempt(() => (FCM && !faults.FCM ? readFcm(requireHttps('FCM', FCM, production), production) : null)),
    apns: attempt(() => (APNS && !faults.APNS ? readApns(requireHttps('APNS', APNS, production)) : null)),
  });
}

/** Web Push with the key that is kept in the folder, made where there is none. For development. */
export function readDevelopmentWebPush(
  { VAPID_SUBJECT }: PushSettings,
  dataDirectory: string,
  complaints: string[],
): WebPushConfig | null {
  const path = join(dataDirectory, 'vapid.key');
  if (!existsSync(path)) writeOnce(path, dataDirectory, `${privateKeyOf(newKey()).toString('base64url')}\n`);
  return attemptOf(() => webPushOf(VAPID_SUBJECT, readSecretFile('DATA_DIR', path)), complaints);
}

function attemptOf<Result>(read: () => Result | null, complaints: string[]): Result | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complaints.push(error.message);
    return null;
  }
}

function requireHttps<Setting extends { readonly baseUrl: string }>(
  name: string,
  setting: Setting,
  production: boolean,
): Setting {
  if (production && !setting.baseUrl.startsWith('https:'))
    throw new ConfigError(`The baseUrl of ${name} should be https when NODE_ENV=production.`);
  return setting;
}

function readWebPush(
  { VAPID_SUBJECT, VAPID_PRIVATE_KEY: key, VAPID_PRIVATE_KEY_FILE: file }: PushSettings,
  production: boolean,
): WebPushConfig | null {
  const given = key !== undefined || file !== undefined;
  if (production && VAPID_SUBJECT === undefined && given)
    throw new ConfigError(
      'VAPID_SUBJECT is missing: who may be asked about pushes, such as mailto:security@bank.example.',
    );
  if (key !== undefined) return webPushOf(VAPID_SUBJECT, key);
  if (file !== undefined && existsSync(file))
    return webPushOf(VAPID_SUBJECT, readSecretFile('VAPID_PRIVATE_KEY_FILE', file));
  if (given || (production && VAPID_SUBJECT !== undefined))
    throw new ConfigError(
      'VAPID_PRIVATE_KEY or VAPID_PRIVATE_KEY_FILE is missing: a P-256 private key, for example from `npx web-push generate-vapid-keys`.',
    );
  return null;
}

function webPushOf(subject: string | undefined, text: string): WebPushConfig {
  const privateKey = text.trim();
  return { subject: subject ?? DEVELOPMENT_SUBJECT, privateKey, publicKey: publicKeyOf(privateKey) };
}

function newKey(): ReturnType<typeof createECDH> {
  const key = createECDH('prime256v1');
  key.generateKeys();
  return key;
}

/** Without its leading zeros, which Node.js leaves out, the key would be another text. */
function privateKeyOf(key: ReturnType<typeof createECDH>): Buffer {
  const bytes = key.getPrivateKey();
  return Buffer.concat([Buffer.alloc(PRIVATE_KEY_BYTES - bytes.length), bytes]);
}

function publicKeyOf(privateKey: string): string {
  const bytes = Buffer.from(privateKey, 'base64url');
  const key = createECDH('prime256v1');
  try {
    if (bytes.length !== PRIVATE_KEY_BYTES || bytes.toString('base64url') !== privateKey) throw new Error('form');
    key.setPrivateKey(bytes);
    return key.getPublicKey().toString('base64url');
  } catch {
    throw new ConfigError('VAPID_PRIVATE_KEY should be the 32 bytes of a P-256 private key, base64url.');
  }
}

function readFcm({ serviceAccountFile, baseUrl }: FcmSetting, production: boolean): FcmConfig {
  const form = 'The serviceAccountFile of FCM should be the JSON key of a service account, as Google Cloud gives it.';
  let account: Record<string, unknown>;
  try {
    account = objectIn(readSecretFile('FCM', serviceAccountFile), form);
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError(form);
  }
  const { project_id: projectId, client_email: clientEmail, private_key: pem, token_uri: tokenUrl } = account;
  if (!isText(projectId) || !isText(clientEmail) || !isText(pem) || !isHttpUrl(tokenUrl)) throw new ConfigError(form);
  if (!/^[a-z0-9-]{1,64}$/.test(projectId) || (production && !tokenUrl.startsWith('https:')))
    throw new ConfigError(form);
  return { projectId, clientEmail, tokenUrl, baseUrl, privateKey: readKey('FCM', 'private_key', pem, 'rsa') };
}

function readApns(setting: ApnsSetting): ApnsConfig {
  return { ...setting, privateKey: readKey('APNS', 'keyFile', readSecretFile('APNS', setting.keyFile), 'ec') };
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ConfigError(`A file that ${name} names cannot be read.`);
  }
}

function readKey(name: string, member: string, pem: string, type: 'ec' | 'rsa'): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === type) return key;
  } catch {
    // Said below, without what was read.
  }
  throw new ConfigError(
    `The ${member} of ${name} should be a private key in PEM, of type ${type === 'ec' ? 'EC P-256' : 'RSA'}.`,
  );
}

function objectIn(text: string, form: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(form);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(form);
  return value as Record<string, unknown>;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && /^https?:$/.test(parseUrl(value)?.protocol ?? '');
}
