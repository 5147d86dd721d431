// The master key, decrypted by a key in Azure Key Vault or a Managed HSM (7.4, `decrypt`, RSA-OAEP-256). It signs nothing: their
// elliptic curves are those of NIST and secp256k1.
//   node examples/kms/azure.mjs /etc/countersign/master-key.enc
// The file holds the ciphertext as bytes. KMS_KEY_ID is the identifier of the key with its version,
// `https://<vault>.vault.azure.net/keys/<name>/<version>`; who asks is told by the machine's metadata (managed identity; AZURE_CLIENT_ID
// where it has several), or an access token for https://vault.azure.net is in AZURE_ACCESS_TOKEN.
import { ask, main, optional, required } from './ask.mjs';

async function accessToken(resource) {
  const given = optional('AZURE_ACCESS_TOKEN');
  if (given !== undefined) return given;
  const clientId = optional('AZURE_CLIENT_ID');
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource,
    ...(clientId ? { client_id: clientId } : {}),
  });
  const host = optional('AZURE_IMDS_ENDPOINT') ?? 'http://169.254.169.254';
  const url = `${host}/metadata/identity/oauth2/token?${query}`;
  return (await ask(url, { headers: { metadata: 'true' }, timeoutMs: 2_000 }, ({ error }) => error)).access_token;
}

await main({
  decrypt: async (ciphertext) => {
    const key = required('KMS_KEY_ID');
    const resource = new URL(key).hostname.endsWith('.managedhsm.azure.net')
      ? 'https://managedhsm.azure.net'
      : 'https://vault.azure.net';
    const body = JSON.stringify({
      alg: 'RSA-OAEP-256',
      value: ciphertext.toString('base64url'),
    });
    const headers = { authorization: `Bearer ${await accessToken(resource)}`, 'content-type': 'application/json' };
    const answer = await ask(
      `${key}/decrypt?api-version=7.4`,
      { method: 'POST', headers, body },
      ({ error }) => error?.code,
    );
    if (answer.kid !== key) throw new Error('another key answered');
    return Buffer.from(answer.value ?? '', 'base64url');
  },
});
