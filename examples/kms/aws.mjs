// The master key, decrypted by AWS KMS (API version 2014-11-01, `Decrypt`); or signatures by a key of ECC_NIST_EDWARDS25519 there (`Sign`).
//   node examples/kms/aws.mjs /etc/countersign/master-key.enc
//   node examples/kms/aws.mjs --sign <ARN of the key>
//   node examples/kms/aws.mjs --public-key <ARN of the key>
// The file holds the ciphertext, as bytes or as base64. AWS_REGION, and for the master key KMS_KEY_ID (the ARN of the key); who asks is in
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or told by the container (ECS, EKS Pod Identity) or the
// machine (EC2, IMDSv2).
import { ask, bytesOf, main, optional, read, required } from './ask.mjs';
import { signed } from './sigv4.mjs';

async function credentials() {
  const accessKeyId = optional('AWS_ACCESS_KEY_ID');
  if (accessKeyId !== undefined)
    return {
      accessKeyId,
      secretAccessKey: required('AWS_SECRET_ACCESS_KEY'),
      sessionToken: optional('AWS_SESSION_TOKEN'),
    };
  const relative = optional('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  const full =
    relative === undefined ? optional('AWS_CONTAINER_CREDENTIALS_FULL_URI') : `http://169.254.170.2${relative}`;
  const { AccessKeyId, SecretAccessKey, Token } = full === undefined ? await ofMachine() : await ofContainer(full);
  if (!AccessKeyId || !SecretAccessKey) throw new Error('there are no credentials of AWS');
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
}

function ofContainer(url) {
  const authorization = optional('AWS_CONTAINER_AUTHORIZATION_TOKEN');
  return ask(url, { headers: authorization === undefined ? {} : { authorization }, timeoutMs: 2_000 });
}

async function ofMachine() {
  const at = `${optional('AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? 'http://169.254.169.254'}/latest`;
  const text = async (path, init) => {
    const { ok, status, text } = await read(`${at}${path}`, { ...init, timeoutMs: 2_000 });
    if (!ok) throw new Error(`the machine's metadata answers ${status}`);
    return text;
  };
  const token = await text('/api/token', { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' } });
  const headers = { 'x-aws-ec2-metadata-token': token };
  const [role] = (await text('/meta-data/iam/security-credentials/', { headers })).split('\n');
  return JSON.parse(await text(`/meta-data/iam/security-credentials/${role}`, { headers }));
}

/** The most that `Sign` takes. PureEdDSA reads the message itself, so no digest can stand for it. */
const MOST_OF_A_MESSAGE = 4096;

async function askKms(operation, body) {
  const region = required('AWS_REGION');
  const url = `${optional('KMS_ENDPOINT') ?? `https://kms.${region}.amazonaws.com`}/`;
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${operation}` },
    body: JSON.stringify(body),
  };
  const headers = signed(request, await credentials(), { region, service: 'kms', at: new Date() });
  delete headers.host; // sent by itself, from the address
  return ask(url, { ...request, headers }, ({ __type }) => __type);
}

await main({
  decrypt: async (kept) => {
    const text = kept.toString('latin1').trim();
    const ciphertext = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? text.replace(/\s/g, '') : kept.toString('base64');
    const { Plaintext } = await askKms('Decrypt', { CiphertextBlob: ciphertext, KeyId: required('KMS_KEY_ID') });
    return bytesOf(Plaintext);
  },
  sign: async (KeyId, message) => {
    if (message.length > MOST_OF_A_MESSAGE) throw new Error(`AWS KMS signs ${MOST_OF_A_MESSAGE} bytes at most`);
    const how = { MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512' };
    const answer = await askKms('Sign', { KeyId, Message: message.toString('base64'), ...how });
    if (answer.KeyId !== KeyId) throw new Error('another key answered');
    if (answer.SigningAlgorithm !== how.SigningAlgorithm) throw new Error('it was signed by another algorithm');
    return answer.Signature;
  },
  publicKey: async (KeyId) => {
    const answer = await askKms('GetPublicKey', { KeyId });
    if (answer.KeyId !== KeyId) throw new Error('another key answered');
    return { key: bytesOf(answer.PublicKey), format: 'der', type: 'spki' };
  },
});
