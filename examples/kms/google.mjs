// The master key, decrypted by Google Cloud KMS (v1, `cryptoKeys.decrypt`).
//   node examples/kms/google.mjs /etc/countersign/master-key.enc
// The file holds the ciphertext as bytes. KMS_KEY_NAME is `projects/…/locations/…/keyRings/…/cryptoKeys/…`; who asks is told by
// the machine's metadata, or an access token is in GOOGLE_ACCESS_TOKEN.
import { readFileSync } from 'node:fs';
import { ask, main, optional, required } from './ask.mjs';
import { crc32c } from './crc32c.mjs';

async function accessToken() {
  const given = optional('GOOGLE_ACCESS_TOKEN');
  if (given !== undefined) return given;
  const host = optional('GCE_METADATA_HOST') ?? 'metadata.google.internal';
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  return (await ask(url, { headers: { 'metadata-flavor': 'Google' }, timeoutMs: 2_000 })).access_token;
}

await main(async () => {
  const ciphertext = readFileSync(process.argv[2] ?? '');
  const url = `${optional('KMS_ENDPOINT') ?? 'https://cloudkms.googleapis.com'}/v1/${required('KMS_KEY_NAME')}:decrypt`;
  const body = JSON.stringify({
    ciphertext: ciphertext.toString('base64'),
    ciphertextCrc32c: String(crc32c(ciphertext)),
  });
  const headers = { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' };
  const answer = await ask(url, { method: 'POST', headers, body }, ({ error }) => error?.status);
  const plaintext = Buffer.from(answer.plaintext ?? '', 'base64');
  if (String(answer.plaintextCrc32c) !== String(crc32c(plaintext))) throw new Error('what came was damaged on the way');
  return plaintext;
});
