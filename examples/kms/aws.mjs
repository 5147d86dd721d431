// The master key, decrypted by AWS KMS (API version 2014-11-01, `Decrypt`).
//   node examples/kms/aws.mjs /etc/countersign/master-key.enc
// The file holds the ciphertext, as bytes or as base64. AWS_REGION and KMS_KEY_ID (the ARN of the key); who asks is in
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or told by the container (ECS, EKS Pod Identity) or the
// machine (EC2, IMDSv2).
import { readFileSync } from 'node:fs';
import { ask, main, optional, required } from './ask.mjs';
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
    const response = await fetch(`${at}${path}`, { ...init, redirect: 'error', signal: AbortSignal.timeout(2_000) });
    if (!response.ok) throw new Error(`the machine's metadata answers ${response.status}`);
    return response.text();
  };
  const token = await text('/api/token', { method: 'PUT', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' } });
  const headers = { 'x-aws-ec2-metadata-token': token };
  const [role] = (await text('/meta-data/iam/security-credentials/', { headers })).split('\n');
  return JSON.parse(await text(`/meta-data/iam/security-credentials/${role}`, { headers }));
}

await main(async () => {
  const region = required('AWS_REGION');
  const kept = readFileSync(process.argv[2] ?? '');
  const text = kept.toString('latin1').trim();
  const ciphertext = /^[A-Za-z0-9+/\s]+={0,2}$/.test(text) ? text.replace(/\s/g, '') : kept.toString('base64');
  const url = `${optional('KMS_ENDPOINT') ?? `https://kms.${region}.amazonaws.com`}/`;
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.Decrypt' },
    body: JSON.stringify({ CiphertextBlob: ciphertext, KeyId: required('KMS_KEY_ID') }),
  };
  const headers = signed(request, await credentials(), { region, service: 'kms', at: new Date() });
  delete headers.host; // sent by itself, from the address
  const { Plaintext } = await ask(url, { ...request, headers }, ({ __type }) => __type);
  return Buffer.from(Plaintext ?? '', 'base64');
});
