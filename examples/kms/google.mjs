// The master key, decrypted by Google Cloud KMS (v1, `cryptoKeys.decrypt`); or signatures by a key of EC_SIGN_ED25519 there (`asymmetricSign`).
//   node examples/kms/google.mjs /etc/countersign/master-key.enc
//   node examples/kms/google.mjs --sign projects/…/cryptoKeys/…/cryptoKeyVersions/1
//   node examples/kms/google.mjs --public-key projects/…/cryptoKeys/…/cryptoKeyVersions/1
// The file holds the ciphertext as bytes; for it KMS_KEY_NAME is `projects/…/locations/…/keyRings/…/cryptoKeys/…`. Who asks is told by
// the machine's metadata, or an access token is in GOOGLE_ACCESS_TOKEN.
import { ask, bytesOf, main, optional, required } from './ask.mjs';
import { crc32c } from './crc32c.mjs';

async function accessToken() {
  const given = optional('GOOGLE_ACCESS_TOKEN');
  if (given !== undefined) return given;
  const host = optional('GCE_METADATA_HOST') ?? 'metadata.google.internal';
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  return (await ask(url, { headers: { 'metadata-flavor': 'Google' }, timeoutMs: 2_000 })).access_token;
}

async function askKms(path, init = {}) {
  const headers = { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' };
  const url = `${optional('KMS_ENDPOINT') ?? 'https://cloudkms.googleapis.com'}/v1/${path}`;
  return ask(url, { ...init, headers }, ({ error }) => error?.status);
}

const post = (path, body) => askKms(path, { method: 'POST', body: JSON.stringify(body) });

/** Bytes as they were sent, or none. */
function undamaged(bytes, told) {
  if (String(told) !== String(crc32c(bytes))) throw new Error('what came was damaged on the way');
  return bytes;
}

await main({
  decrypt: async (ciphertext) => {
    const answer = await post(`${required('KMS_KEY_NAME')}:decrypt`, {
      ciphertext: ciphertext.toString('base64'),
      ciphertextCrc32c: String(crc32c(ciphertext)),
    });
    return undamaged(bytesOf(answer.plaintext), answer.plaintextCrc32c);
  },
  sign: async (name, message) => {
    const answer = await post(`${name}:asymmetricSign`, {
      data: message.toString('base64'),
      dataCrc32c: String(crc32c(message)),
    });
    if (answer.name !== name) throw new Error('another key answered');
    if (answer.verifiedDataCrc32c !== true) throw new Error('what was sent was not looked at for damage');
    undamaged(bytesOf(answer.signature), answer.signatureCrc32c);
    return answer.signature;
  },
  publicKey: async (name) => {
    const answer = await askKms(`${name}/publicKey`);
    if (answer.name !== name) throw new Error('another key answered');
    return undamaged(Buffer.from(String(answer.pem)), answer.pemCrc32c).toString();
  },
});
