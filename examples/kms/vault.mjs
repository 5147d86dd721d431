// The master key, decrypted by HashiCorp Vault's or OpenBao's transit engine (`/transit/decrypt/:name`); or signatures by a key of type
// ed25519 there (`/transit/sign/:name`), of the version that is named.
//   node examples/kms/vault.mjs /etc/countersign/master-key.enc
//   node examples/kms/vault.mjs --sign checkpoints/1
//   node examples/kms/vault.mjs --public-key checkpoints/1
// The file holds the ciphertext, `vault:v1:…`, and VAULT_TRANSIT_KEY names its key. VAULT_ADDR, VAULT_TOKEN or VAULT_TOKEN_FILE (what an agent
// writes), and where they are used VAULT_NAMESPACE and VAULT_TRANSIT_MOUNT (`transit`).
import { ask, bytesOf, main, optional, required } from './ask.mjs';

async function askTransit(operation, name, body) {
  const mount = optional('VAULT_TRANSIT_MOUNT') ?? 'transit';
  const url = `${required('VAULT_ADDR').replace(/\/+$/, '')}/v1/${mount}/${operation}/${encodeURIComponent(name)}`;
  const namespace = optional('VAULT_NAMESPACE');
  const headers = {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    'x-vault-token': required('VAULT_TOKEN'),
    ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
  };
  const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
  return (await ask(url, init)).data ?? {};
}

/** Of a key that was rotated, another version signs by another key than the one that was published. */
function versionOf(key) {
  const [, name, version] = /^([^/]+)\/([1-9]\d*)$/.exec(key) ?? [];
  if (name === undefined) throw new Error('a key is named with its version, as in checkpoints/1');
  return { name, version };
}

await main({
  decrypt: async (kept) => {
    const ciphertext = kept.toString('utf8').trim();
    const { plaintext } = await askTransit('decrypt', required('VAULT_TRANSIT_KEY'), { ciphertext });
    return bytesOf(plaintext);
  },
  sign: async (key, message) => {
    const { name, version } = versionOf(key);
    const input = message.toString('base64');
    const { signature } = await askTransit('sign', name, { input, key_version: Number(version) });
    const [, by, base64] = /^vault:v(\d+):([A-Za-z0-9+/]+={0,2})$/.exec(signature ?? '') ?? [];
    if (by !== undefined && by !== version) throw new Error('another version of the key answered');
    return base64;
  },
  publicKey: async (key) => {
    const { name, version } = versionOf(key);
    const { type, keys } = await askTransit('keys', name);
    const raw = bytesOf(type === 'ed25519' ? keys?.[version]?.public_key : null);
    return { key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' };
  },
});
