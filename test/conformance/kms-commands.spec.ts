import { execFile } from 'node:child_process';
import {
  createCipheriv,
  createDecipheriv,
  generateKeyPairSync,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureFault } from '../support/aws-request.js';
import { SETTINGS } from '../../src/config/settings.js';

/** The examples of MASTER_KEY_COMMAND, each against a server that speaks the API as its vendor documents it. */
const { signed } = (await import('../../examples/kms/sigv4.mjs' as string)) as { signed: (...values: object[]) => any };
const { crc32c } = (await import('../../examples/kms/crc32c.mjs' as string)) as {
  crc32c: (bytes: Uint8Array) => number;
};

const KEY = randomBytes(32);
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const folder = mkdtempSync(join(tmpdir(), 'countersign-kms-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string | object;
}

let server: Server;
let url: string;
let seen: Seen[] = [];
let answer: (request: Seen) => Answer;
beforeAll(async () => {
  server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method!,
        url: request.url!,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      const { status = 200, headers = {}, body } = answer(one);
      reply.writeHead(status, { 'content-type': 'application/json', ...headers });
      reply.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());
beforeEach(() => {
  seen = [];
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
function run(name: string, file: string, environment: Record<string, string>): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [`examples/kms/${name}.mjs`, file],
      { env: environment },
      (_, stdout, stderr) => resolve({ code: child.exitCode!, stdout, stderr }),
    );
  });
}
const fileOf = (name: string, bytes: Buffer | string): string => {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
};
const GIVEN = { code: 0, stdout: `${KEY.toString('base64')}\n`, stderr: '' };
const none = (why: string): Outcome => ({ code: 1, stdout: '', stderr: `no master key: ${why}\n` });

// What each KMS keeps for itself.
const inside = randomBytes(32);
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
function sealed(plaintext: Buffer): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', inside, iv);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}
function opened(bytes: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv('aes-256-gcm', inside, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
  } catch {
    return null;
  }
}

const ARN = 'arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
/** AWS KMS: JSON 1.1, errors by `__type` (API reference 2014-11-01, Decrypt); signatures are worked out from what came. */
function aws(request: Seen): Answer {
  const fault = (type: string): Answer => ({ status: 400, body: { __type: type, message: 'of the server' } });
  const refused = signatureFault(request, new URL(url).host, SECRET);
  if (refused !== null) return fault(refused);
  if (request.headers['x-amz-security-token'] === 'expired') return fault('ExpiredTokenException');
  if (request.headers['x-amz-target'] !== 'TrentService.Decrypt') return fault('UnknownOperationException');
  if (request.headers['content-type'] !== 'application/x-amz-json-1.1') return fault('SerializationException');
  const { CiphertextBlob, KeyId } = JSON.parse(request.body) as Record<string, string>;
  if (KeyId !== ARN) return fault('IncorrectKeyException');
  const plaintext = opened(Buffer.from(CiphertextBlob!, 'base64'));
  if (!plaintext) return fault('InvalidCiphertextException');
  return {
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: { KeyId: ARN, Plaintext: plaintext.toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' },
  };
}

describe('AWS Signature Version 4', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET };
  const at = new Date('2015-08-30T12:36:00Z');
  const example = 'https://example.amazonaws.com/';
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  it.each([
    ['get-vanilla', 'GET', example, {}, '', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', 'POST', example, {}, '', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'post-vanilla-query',
      'POST',
      `${example}?Param1=value1`,
      {},
      '',
      '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      `${example}?Param2=value2&Param1=value1`,
      {},
      '',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'post-header-key-case',
      'POST',
      example,
      { 'MY-HEADER1': 'value1' },
      '',
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'post-header-value-case',
      'POST',
      example,
      { 'My-Header1': 'VALUE1' },
      '',
      'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
    ],
    [
      'get-header-value-trim',
      'GET',
      example,
      { 'My-Header1': ' value1', 'My-Header2': ' "a   b   c"' },
      '',
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
    [
      'post-x-www-form-urlencoded',
      'POST',
      example,
      form,
      'Param1=value1',
      'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    ],
  ])('is that of the vendor’s test suite: %s', (_, method, address, headers, body, signature) => {
    const all = signed({ method, url: address, headers, body }, credentials, {
      region: 'us-east-1',
      service: 'service',
      at,
    });
    expect(all.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/service\/aws4_request, /,
    );
    expect(all.authorization.split('Signature=')[1]).toBe(signature);
  });

  it('is that of the guide to signing, for IAM', () => {
    const request = {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' },
    };
    expect(signed(request, credentials, { region: 'us-east-1', service: 'iam', at }).authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    );
  });
});

describe('AWS KMS', () => {
  const environment = (): Record<string, string> => ({
    AWS_REGION: 'eu-west-2',
    KMS_KEY_ID: ARN,
    KMS_ENDPOINT: url,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: SECRET,
  });

  it('gives the key, from a file of bytes or of base64, also with a session token', async () => {
    answer = aws;
    for (const file of [fileOf('aws', sealed(KEY)), fileOf('aws64', `${sealed(KEY).toString('base64')}\n`)]) {
      expect(await run('aws', file, environment())).toEqual(GIVEN);
      expect(await run('aws', file, { ...environment(), AWS_SESSION_TOKEN: 'AQoDYXdzEPT//wEX+AMPLE==' })).toEqual(
        GIVEN,
      );
    }
    expect(await run('aws', fileOf('text', sealed(Buffer.from(KEY.toString('base64')))), environment())).toEqual(GIVEN);
  });

  it('is asked as the container or the machine says who that is', async () => {
    const told = {
      AccessKeyId: 'AKIDEXAMPLE',
      SecretAccessKey: SECRET,
      Token: 'of-the-role',
      Expiration: '2030-01-01T00:00:00Z',
    };
    answer = (request) => {
      if (request.url === '/' && request.method === 'POST')
        return request.headers['x-amz-security-token'] === 'of-the-role' ? aws(request) : { status: 400, body: {} };
      if (request.url === '/credentials')
        return request.headers.authorization === 'pod' ? { body: told } : { status: 401, body: {} };
      if (request.url === '/latest/api/token')
        return request.method === 'PUT' && Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']) > 0
          ? { body: 'imds-token' }
          : { status: 400, body: '' };
      if (request.headers['x-aws-ec2-metadata-token'] !== 'imds-token') return { status: 401, body: '' };
      return { body: request.url.endsWith('/bank-role') ? { Code: 'Success', ...told } : 'bank-role' };
    };
    const { AWS_ACCESS_KEY_ID: _, AWS_SECRET_ACCESS_KEY: __, ...bare } = environment();
    const file = fileOf('aws', sealed(KEY));
    const container = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod',
    };
    expect(await run('aws', file, { ...bare, ...container })).toEqual(GIVEN);
    expect(await run('aws', file, { ...bare, AWS_EC2_METADATA_SERVICE_ENDPOINT: url })).toEqual(GIVEN);
  });

  it.each([
    ['another key', { KMS_KEY_ID: `${ARN}0` }, 'IncorrectKeyException'],
    ['another secret', { AWS_SECRET_ACCESS_KEY: 'no' }, 'InvalidSignatureException'],
    ['another region', { AWS_REGION: 'eu-west-1' }, 'SignatureDoesNotMatch'],
    ['a token that has expired', { AWS_SESSION_TOKEN: 'expired' }, 'ExpiredTokenException'],
  ])('with %s gives none, and says why by the name of the error', async (_, more, why) => {
    answer = aws;
    expect(await run('aws', fileOf('aws', sealed(KEY)), { ...environment(), ...more })).toEqual(
      none(`127.0.0.1 answers 400 ${why}`),
    );
  });

  it('refuses a ciphertext of nobody’s', async () => {
    answer = aws;
    expect((await run('aws', fileOf('aws', randomBytes(60)), environment())).stderr).toContain(
      'InvalidCiphertextException',
    );
  });
});

describe('Google Cloud KMS', () => {
  const NAME = 'projects/bank/locations/europe-west2/keyRings/countersign/cryptoKeys/master';
  const google = (request: Seen): Answer => {
    const fault = (status: number, name: string): Answer => ({
      status,
      body: { error: { code: status, message: 'of the server', status: name } },
    });
    if (request.url === '/computeMetadata/v1/instance/service-accounts/default/token')
      return request.headers['metadata-flavor'] === 'Google'
        ? { body: { access_token: 'ya29.machine', expires_in: 3599, token_type: 'Bearer' } }
        : { status: 403, body: '' };
    if (request.method !== 'POST' || request.url !== `/v1/${NAME}:decrypt`) return fault(404, 'NOT_FOUND');
    if (request.headers.authorization !== 'Bearer ya29.machine') return fault(401, 'UNAUTHENTICATED');
    const { ciphertext, ciphertextCrc32c } = JSON.parse(request.body) as Record<string, string>;
    const bytes = Buffer.from(ciphertext!, 'base64');
    const plaintext = opened(bytes);
    if (String(crc32c(bytes)) !== ciphertextCrc32c || !plaintext) return fault(400, 'INVALID_ARGUMENT');
    return {
      body: {
        plaintext: plaintext.toString('base64'),
        plaintextCrc32c: String(crc32c(plaintext)),
        usedPrimary: true,
        protectionLevel: 'HSM',
      },
    };
  };
  const environment = (): Record<string, string> => ({
    KMS_KEY_NAME: NAME,
    KMS_ENDPOINT: url,
    GCE_METADATA_HOST: new URL(url).host,
  });

  it('counts CRC-32C as RFC 3720 does', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  });

  it('gives the key, with the machine’s token or one that is given', async () => {
    answer = google;
    const file = fileOf('google', sealed(KEY));
    expect(await run('google', file, environment())).toEqual(GIVEN);
    seen = [];
    expect(
      await run('google', file, { ...environment(), GOOGLE_ACCESS_TOKEN_FILE: fileOf('token', 'ya29.machine\n') }),
    ).toEqual(GIVEN);
    expect(seen).toHaveLength(1);
  });

  it('gives none with another token or key, or where what came is damaged', async () => {
    answer = google;
    const file = fileOf('google', sealed(KEY));
    expect(await run('google', file, { ...environment(), GOOGLE_ACCESS_TOKEN: 'x' })).toEqual(
      none('127.0.0.1 answers 401 UNAUTHENTICATED'),
    );
    expect(await run('google', file, { ...environment(), KMS_KEY_NAME: 'x' })).toEqual(
      none('127.0.0.1 answers 404 NOT_FOUND'),
    );
    answer = (request) => {
      const { body } = google(request);
      return { body: { ...(body as object), ...(request.method === 'POST' ? { plaintextCrc32c: '1' } : {}) } };
    };
    expect(await run('google', file, environment())).toEqual(none('what came was damaged on the way'));
  });
});

describe('Azure Key Vault', () => {
  const PATH = '/keys/master/4eb68492b5f6421e835d961ad2be3155';
  const azure = (request: Seen): Answer => {
    const { pathname, searchParams } = new URL(request.url, url);
    const fault = (status: number, code: string): Answer => ({
      status,
      body: { error: { code, message: 'of the server' } },
    });
    if (pathname === '/metadata/identity/oauth2/token')
      return request.headers.metadata === 'true' &&
        searchParams.get('resource') === 'https://vault.azure.net' &&
        searchParams.get('api-version') === '2018-02-01'
        ? {
            body: {
              access_token: `eyJ.${searchParams.get('client_id') ?? 'machine'}`,
              token_type: 'Bearer',
              expires_in: '3599',
            },
          }
        : { status: 400, body: { error: 'invalid_request' } };
    if (request.headers.authorization !== 'Bearer eyJ.machine') return fault(403, 'Forbidden');
    if (request.method !== 'POST' || pathname !== `${PATH}/decrypt` || searchParams.get('api-version') !== '7.4')
      return fault(404, 'KeyNotFound');
    const { alg, value } = JSON.parse(request.body) as Record<string, string>;
    if (alg !== 'RSA-OAEP-256' || !/^[\w-]+$/.test(value!)) return fault(400, 'BadParameter');
    try {
      const plaintext = privateDecrypt({ key: rsa.privateKey, oaepHash: 'sha256' }, Buffer.from(value!, 'base64url'));
      return { body: { kid: `${url}${PATH}`, value: plaintext.toString('base64url') } };
    } catch {
      return fault(400, 'BadParameter');
    }
  };
  const file = (): string => fileOf('azure', publicEncrypt({ key: rsa.publicKey, oaepHash: 'sha256' }, KEY));

  it('gives the key, with the machine’s identity or a token that is given', async () => {
    answer = azure;
    const environment = { KMS_KEY_ID: `${url}${PATH}`, AZURE_IMDS_ENDPOINT: url };
    expect(await run('azure', file(), environment)).toEqual(GIVEN);
    expect(await run('azure', file(), { ...environment, AZURE_ACCESS_TOKEN: 'eyJ.machine' })).toEqual(GIVEN);
  });

  it('gives none to another identity, for another version, for what is no ciphertext, or from another key', async () => {
    answer = azure;
    const environment = { KMS_KEY_ID: `${url}${PATH}`, AZURE_IMDS_ENDPOINT: url };
    expect(await run('azure', file(), { ...environment, AZURE_CLIENT_ID: 'other' })).toEqual(
      none('127.0.0.1 answers 403 Forbidden'),
    );
    expect(await run('azure', file(), { ...environment, KMS_KEY_ID: `${url}${PATH}0` })).toEqual(
      none('127.0.0.1 answers 404 KeyNotFound'),
    );
    expect(await run('azure', fileOf('noise', randomBytes(256)), environment)).toEqual(
      none('127.0.0.1 answers 400 BadParameter'),
    );
    answer = (request) =>
      request.method === 'POST'
        ? { body: { ...(azure(request).body as object), kid: `${url}/keys/other/1` } }
        : azure(request);
    expect(await run('azure', file(), environment)).toEqual(none('another key answered'));
  });
});

describe('Vault’s transit engine', () => {
  const vault = (request: Seen): Answer => {
    if (request.headers['x-vault-token'] !== 'hvs.token' || request.headers['x-vault-request'] !== 'true')
      return { status: 403, body: { errors: ['permission denied'] } };
    const isThere = ['/v1/transit/decrypt/countersign', '/v1/bank/transit/decrypt/countersign'].includes(request.url);
    if (request.method !== 'POST' || !isThere) return { status: 404, body: { errors: [] } };
    const { ciphertext } = JSON.parse(request.body) as { ciphertext: string };
    const plaintext = ciphertext.startsWith('vault:v1:') ? opened(Buffer.from(ciphertext.slice(9), 'base64')) : null;
    if (!plaintext) return { status: 400, body: { errors: ['invalid ciphertext: no prefix'] } };
    return {
      body: { request_id: 'x', lease_id: '', renewable: false, data: { plaintext: plaintext.toString('base64') } },
    };
  };
  const environment = (): Record<string, string> => ({
    VAULT_ADDR: `${url}/`,
    VAULT_TRANSIT_KEY: 'countersign',
    VAULT_TOKEN: 'hvs.token',
  });
  const file = (): string => fileOf('vault', `vault:v1:${sealed(KEY).toString('base64')}\n`);

  it('gives the key, also with a token in a file, in a namespace and at another mount', async () => {
    answer = vault;
    expect(await run('vault', file(), environment())).toEqual(GIVEN);
    const { VAULT_TOKEN: _, ...rest } = environment();
    const more = {
      VAULT_TOKEN_FILE: fileOf('sink', 'hvs.token\n'),
      VAULT_NAMESPACE: 'bank',
      VAULT_TRANSIT_MOUNT: 'bank/transit',
    };
    expect(await run('vault', file(), { ...rest, ...more })).toEqual(GIVEN);
    expect(seen.at(-1)!.headers['x-vault-namespace']).toBe('bank');
  });

  it('gives none without the right, without the key, or for what is no ciphertext', async () => {
    answer = vault;
    expect(await run('vault', file(), { ...environment(), VAULT_TOKEN: 'no' })).toEqual(none('127.0.0.1 answers 403'));
    expect(await run('vault', file(), { ...environment(), VAULT_TRANSIT_KEY: 'other/../countersign' })).toEqual(
      none('127.0.0.1 answers 404'),
    );
    expect(await run('vault', fileOf('noise', 'hunter2'), environment())).toEqual(none('127.0.0.1 answers 400'));
  });
});

describe('each of them', () => {
  const all = (): [string, Record<string, string>][] => [
    [
      'aws',
      { AWS_REGION: 'x', KMS_KEY_ID: 'x', KMS_ENDPOINT: url, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
    ],
    ['google', { KMS_KEY_NAME: 'x', KMS_ENDPOINT: url, GOOGLE_ACCESS_TOKEN: 'x' }],
    ['azure', { KMS_KEY_ID: `${url}/keys/a/1`, AZURE_ACCESS_TOKEN: 'x' }],
    ['vault', { VAULT_ADDR: url, VAULT_TRANSIT_KEY: 'x', VAULT_TOKEN: 'x' }],
  ];

  it.each([
    ['redirects', { status: 307, headers: { location: 'http://127.0.0.1:9/' }, body: '' }],
    ['answers a page', { body: '<html>hunter2</html>' }],
    ['answers with nothing', { body: '{}' }],
    ['answers null', { body: 'null' }],
    [
      'says much of itself',
      { status: 500, body: { __type: 'a\nhunter2 ', error: { status: 'x'.repeat(99), code: '<hunter2>' } } },
    ],
    [
      'gives another length',
      {
        body: {
          Plaintext: 'aHVudGVyMg==',
          plaintext: 'aHVudGVyMg==',
          value: 'aHVudGVyMg',
          data: { plaintext: 'aHVudGVyMg==' },
        },
      },
    ],
  ])('writes one line and no key where the server %s', async (_, given) => {
    answer = () => given;
    const file = fileOf('any', 'c2VhbGVk');
    for (const [name, environment] of all()) {
      const { code, stdout, stderr } = await run(name, file, environment);
      expect([name, code, stdout], stderr).toEqual([name, 1, '']);
      expect(stderr).toMatch(/^no master key: [^\n]+\n$/);
      expect(stderr).not.toContain('hunter2');
    }
  });

  it('asks no other machine without TLS, and says what is missing', async () => {
    const file = fileOf('any', 'c2VhbGVk');
    for (const [name, environment] of all()) {
      const elsewhere = Object.fromEntries(
        Object.entries(environment).map(([key, value]) => [key, value.replace('127.0.0.1', 'kms.example')]),
      );
      expect(await run(name, file, elsewhere)).toEqual(none('kms.example is asked by https alone'));
      expect((await run(name, file, {})).stderr).toMatch(/^no master key: \w+ or \w+_FILE is missing\n$/);
    }
    expect(seen).toEqual([]);
  });

  it('reads variables that the service leaves to it, and is named on the page of keys', () => {
    const page = readFileSync('docs/operations/keys.md', 'utf8');
    for (const name of readdirSync('examples/kms')) {
      const text = readFileSync(join('examples/kms', name), 'utf8');
      const variables = [...text.matchAll(/(?:required|optional)\('(\w+)'\)/g)].map(([, variable]) => variable!);
      expect(variables.filter((variable) => variable in SETTINGS || `${variable}_FILE` in SETTINGS)).toEqual([]);
      if (variables.length > 0) expect(page).toContain(`examples/kms/${name}`);
    }
  });
});
