import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';

/** How a webhook is signed (Standard Webhooks 1.0): HMAC-SHA-256 with a shared secret, or Ed25519. */
export type WebhookSignatureScheme = 'v1' | 'v1a';

const SECRET_BYTES = 32;
/** PKCS #8 of an Ed25519 key (RFC 8410), without the 32 bytes that are the key. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A new secret: the bytes to keep. For `v1a` they are an Ed25519 private key. */
export function generateWebhookSecret(scheme: WebhookSignatureScheme): Buffer {
  if (scheme === 'v1') return randomBytes(SECRET_BYTES);
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_HEAD.length);
}

/** What the receiver is given to verify by: the secret itself (`whsec_`), or the public key (`whpk_`), which is no secret. */
export function verifierOf(scheme: WebhookSignatureScheme, secret: Buffer): string {
  if (scheme === 'v1') return `whsec_${secret.toString('base64')}`;
  const spki = createPublicKey(privateKeyOf(secret)).export({ format: 'der', type: 'spki' });
  return `whpk_${spki.subarray(-SECRET_BYTES).toString('base64')}`;
}

/** The `webhook-signature` header: one signature for each secret that is valid. `timestamp` is in seconds. */
export function signWebhook(
  scheme: WebhookSignatureScheme,
  secrets: readonly Buffer[],
  message: { id: string; timestamp: number; body: string },
): string {
  const content = Buffer.from(`${message.id}.${message.timestamp}.${message.body}`);
  return secrets
    .map(
      (secret) =>
        `${scheme},${(scheme === 'v1' ? createHmac('sha256', secret).update(content).digest() : sign(null, content, privateKeyOf(secret))).toString('base64')}`,
    )
    .join(' ');
}

function privateKeyOf(secret: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: 'der', type: 'pkcs8' });
}
