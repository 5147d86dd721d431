import { execFile } from 'node:child_process';
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signatureFault } from '../support/aws-request.js';
import { LINE, startTestService } from '../support/service.js';

/** The examples of SIGNING_COMMAND, each against a server that signs, and speaks the API as its vendor documents it. */
const { crc32c } = (await import('../../examples/kms/crc32c.mjs' as string)) as {
  crc32c: (bytes: Uint8Array) => number;
};

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const ARN = 'arn:aws:kms:eu-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const NAME = 'projects/bank/locations/europe-west2/keyRings/countersign/cryptoKeys/checkpoints/cryptoKeyVersions/1';
const MESSAGE = Buffer.from('countersign.example/log/northbank\n8\nhunter2\n');
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const PEM = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const RAW = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url');

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: string | object;
}
const given = ({ body }: Seen): Record<string, any> => JSON.parse(body) as Record<string, any>;
const signed = (base64: string): Buffer => sign(null, Buffer.from(base64, 'base64'), privateKey);

let server: Server;
let url: string;
let seen: Seen[] = [];
let answer: (request: Seen) => Answer | Promise<Answer>;
beforeAll(async () => {
  server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const one = { method, url: path, headers, body: Buffer.concat(chunks).toString() };
      seen.push(one);
      void Promise.resolve(answer(one)).then(({ status = 200, headers: more = {}, body }) => {
        reply.writeHead(status, { 'content-type': 'application/json', ...more });
        reply.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen = [];
});

/** Sign and GetPublicKey of 2014-11-01. */
function aws(request: Seen): Answer {
  const fault = (type: string): Answer => ({ status: 400, body: { __type: type, message: 'hunter2' } });
  const refused = signatureFault(request, new URL(url).host, SECRET);
  if (refused !== null) return fault(refused);
  const body = given(request);
  if (body.KeyId !== ARN) return fault('NotFoundException');
  if (request.headers['x-amz-target'] === 'TrentService.GetPublicKey')
    return {
      body: {
        KeyId: ARN,
        KeySpec: 'ECC_NIST_EDWARDS25519',
        KeyUsage: 'SIGN_VERIFY',
        PublicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        SigningAlgorithms: ['ED25519_SHA_512', 'ED25519_PH_SHA_512'],
      },
    };
  if (request.headers['x-amz-target'] !== 'TrentService.Sign') return fault('UnknownOperationException');
  const bytes = Buffer.from(body.Message as string, 'base64').length;
  if (bytes < 1 || bytes > 4096 || body.SigningAlgorithm !== 'ED25519_SHA_512' || body.MessageType !== 'RAW')
    return fault('ValidationException');
  const Signature = signed(body.Message as string).toString('base64');
  return { body: { KeyId: ARN, Signature, SigningAlgorithm: 'ED25519_SHA_512' } };
}

/** asymmetricSign and getPublicKey of v1. */
function google(request: Seen): Answer {
  const fault = (status: number, name: string): Answer => ({
    status,
    body: { error: { code: status, message: 'hunter2', status: name } },
  });
  if (request.url === '/computeMetadata/v1/instance/service-accounts/default/token')
    return { body: { access_token: 'ya29.machine', expires_in: 3599, token_type: 'Bearer' } };
  if (request.headers.authorization !== 'Bearer ya29.machine') return fault(401, 'UNAUTHENTICATED');
  if (request.method === 'GET' && request.url === `/v1/${NAME}/publicKey`)
    return {
      body: { pem: PEM, algorithm: 'EC_SIGN_ED25519', pemCrc32c: String(crc32c(Buffer.from(PEM))), name: NAME },
    };
  if (request.method !== 'POST' || request.url !== `/v1/${NAME}:asymmetricSign`) return fault(404, 'NOT_FOUND');
  const { data, dataCrc32c, ...more } = given(request);
  const isWhole = dataCrc32c === String(crc32c(Buffer.from(data as string, 'base64')));
  if (!isWhole || Object.keys(more).length > 0) return fault(400, 'INVALID_ARGUMENT');
  const signature = signed(data as string);
  return {
    body: {
      signature: signature.toString('base64'),
      signatureCrc32c: String(crc32c(signature)),
      name: NAME,
      verifiedDataCrc32c: true,
      protectionLevel: 'HSM',
    },
  };
}

/** transit/sign/:name and transit/keys/:name; the second version of the key is the newest. */
function vault(request: Seen): Answer {
  if (request.headers['x-vault-token'] !== 'hvs.bank') return { status: 403, body: { errors: ['hunter2'] } };
  if (request.method === 'GET' && request.url === '/v1/transit/keys/checkpoints') {
    const other = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x!;
    const keys = {
      1: { name: 'ed25519', public_key: RAW.toString('base64'), creation_time: '2026-01-01T00:00:00Z' },
      2: { name: 'ed25519', public_key: Buffer.from(other, 'base64url').toString('base64') },
    };
    return { body: { data: { type: 'ed25519', name: 'checkpoints', latest_version: 2, keys } } };
  }
  if (request.method !== 'POST' || request.url !== '/v1/transit/sign/checkpoints')
    return { status: 400, body: { errors: ['signing key not found'] } };
  const { input, key_version = 2, ...more } = given(request);
  if (key_version !== 1 || Object.keys(more).length > 0) return { status: 400, body: { errors: ['hunter2'] } };
  return { body: { data: { signature: `vault:v1:${signed(input as string).toString('base64')}`, key_version: 1 } } };
}

interface Kms {
  readonly name: string;
  readonly key: string;
  readonly speaks: (request: Seen) => Answer;
  readonly environment: () => Record<string, string>;
}
const AWS: Kms = {
  name: 'aws',
  key: ARN,
  speaks: aws,
  environment: () => ({
    AWS_REGION: 'eu-west-2',
    KMS_ENDPOINT: url,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: SECRET,
  }),
};
const GOOGLE: Kms = {
  name: 'google',
  key: NAME,
  speaks: google,
  environment: () => ({ KMS_ENDPOINT: url, GCE_METADATA_HOST: new URL(url).host }),
};
const VAULT: Kms = {
  name: 'vault',
  key: 'checkpoints/1',
  speaks: vault,
  environment: () => ({ VAULT_ADDR: url, VAULT_TOKEN: 'hvs.bank' }),
};
const ALL = [AWS, GOOGLE, VAULT];

interface Outcome {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}
function run(kms: Kms, how: readonly string[], message: Buffer, more: Record<string, string> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [`examples/kms/${kms.name}.mjs`, ...how],
      { env: { ...kms.environment(), ...more }, encoding: 'buffer' },
      (_, stdout, stderr) => resolve({ code: child.exitCode!, stdout, stderr: stderr.toString() }),
    );
    child.stdin!.on('error', () => undefined); // it may refuse before it has read all
    child.stdin!.end(message);
  });
}
const signing = (kms: Kms, message = MESSAGE, more = {}): Promise<Outcome> =>
  run(kms, ['--sign', kms.key], message, more);
const refusal = async (outcome: Promise<Outcome>): Promise<string> => {
  const { code, stdout, stderr } = await outcome;
  expect([code, stdout.length], stderr).toEqual([1, 0]);
  expect(stderr).toMatch(/^no (signature|public key): [^\n]+\n$/);
  for (const secret of ['hunter2', MESSAGE.toString('base64'), SECRET, 'ya29', 'hvs.bank'])
    expect(stderr).not.toContain(secret);
  return stderr.trim().replace(/^no [a-z ]+: /, '');
};

describe.each(ALL)('a key in $name', (kms) => {
  it('signs what comes, to 64 bytes and nothing else', async () => {
    answer = kms.speaks;
    for (const message of [MESSAGE, Buffer.alloc(4096, 0xff)]) {
      const { code, stdout, stderr } = await signing(kms, message);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toHaveLength(64);
      expect(verify(null, message, publicKey, stdout)).toBe(true);
    }
  });

  it('tells its public key as SIGNING_PUBLIC_KEY is written', async () => {
    answer = kms.speaks;
    const { code, stdout, stderr } = await run(kms, ['--public-key', kms.key], Buffer.alloc(0));
    expect([code, stdout.toString(), stderr]).toEqual([0, PEM, '']);
  });

  it.each([
    ['redirects', { status: 307, headers: { location: 'http://127.0.0.1:9/' }, body: '' }],
    ['answers a page', { body: '<html>hunter2</html>' }],
    ['answers with nothing', { body: '{}' }],
    ['answers null', { body: 'null' }],
    ['answers other kinds of values', { body: { KeyId: 7, Signature: {}, name: [], signature: 7, data: 'hunter2' } }],
    ['fails', { status: 500, body: { __type: 'a\nhunter2 ', error: { status: '<hunter2>' }, errors: ['hunter2'] } }],
    ['answers without end', { body: `{"Signature":"${'hunter2'.repeat(20_000)}"}` }],
  ])('that %s gives neither signature nor public key', async (_, reply) => {
    answer = () => reply;
    const more = { GOOGLE_ACCESS_TOKEN: 'x' };
    await refusal(signing(kms, MESSAGE, more));
    await refusal(run(kms, ['--public-key', kms.key], MESSAGE, more));
  });

  it('that does not answer is given up before the service ends the program', async () => {
    answer = () => new Promise(() => undefined);
    expect(await refusal(signing(kms))).toBe('127.0.0.1 does not answer (TimeoutError)');
  });

  it('is named, and no more is asked of it than is known to be too much', async () => {
    answer = kms.speaks;
    expect(await refusal(run(kms, ['--sign'], MESSAGE))).toBe('the name of the key is missing');
    expect(await refusal(signing(kms, Buffer.alloc(8 * 1024 * 1024 + 1)))).toContain('bytes are to be signed');
    expect(seen).toEqual([]);
    expect(await refusal(run(kms, ['--sign', `${kms.key}0`], MESSAGE))).toContain('127.0.0.1 answers 40');
  });
});

describe('what answers otherwise than was asked is no signature', () => {
  it.each<[string, Kms, object, string]>([
    ['AWS: of another key', AWS, { KeyId: `${ARN}0` }, 'another key answered'],
    ['AWS: of the prehash', AWS, { SigningAlgorithm: 'ED25519_PH_SHA_512' }, 'it was signed by another algorithm'],
    ['AWS: of another length', AWS, { Signature: 'aHVudGVyMg==' }, 'what came is not a signature of 64 bytes'],
    ['AWS: without one', AWS, { Signature: undefined }, 'what came is not a signature of 64 bytes'],
    ['Google: of another version', GOOGLE, { name: NAME.replace(/1$/, '2') }, 'another key answered'],
    [
      'Google: of a message not checked',
      GOOGLE,
      { verifiedDataCrc32c: false },
      'what was sent was not looked at for damage',
    ],
    ['Google: with another checksum', GOOGLE, { signatureCrc32c: '1' }, 'what came was damaged on the way'],
    ['Google: without a checksum', GOOGLE, { signatureCrc32c: undefined }, 'what came was damaged on the way'],
    ['Google: damaged', GOOGLE, { signature: Buffer.alloc(64).toString('base64') }, 'what came was damaged on the way'],
    [
      'Google: of another length',
      GOOGLE,
      { signature: 'aHVudGVyMg==', signatureCrc32c: String(crc32c(Buffer.from('hunter2'))) },
      'what came is not a signature of 64 bytes',
    ],
    [
      'Vault: of another version',
      VAULT,
      { data: { signature: `vault:v2:${'A'.repeat(86)}==` } },
      'another version of the key',
    ],
    ['Vault: of another form', VAULT, { data: { signature: `${'A'.repeat(86)}==` } }, 'not a signature of 64 bytes'],
    [
      'Vault: of another length',
      VAULT,
      { data: { signature: 'vault:v1:aHVudGVyMg==' } },
      'not a signature of 64 bytes',
    ],
  ])('%s', async (_, kms, otherwise, why) => {
    answer = (request) => {
      const { body } = kms.speaks(request);
      return { body: { ...(body as object), ...otherwise } };
    };
    expect(await refusal(signing(kms))).toContain(why);
  });

  it('and a public key of another kind, another name or damaged is none', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const PublicKey = rsa.export({ type: 'spki', format: 'der' }).toString('base64');
    const pem = rsa.export({ type: 'spki', format: 'pem' });
    const told = async (kms: Kms, otherwise: object): Promise<string> => {
      answer = (request) => ({ body: { ...(kms.speaks(request).body as object), ...otherwise } });
      return refusal(run(kms, ['--public-key', kms.key], MESSAGE));
    };
    expect(await told(AWS, { PublicKey })).toBe('the key is not of Ed25519');
    expect(await told(AWS, { KeyId: 'other' })).toBe('another key answered');
    expect(await told(GOOGLE, { pem })).toBe('what came was damaged on the way');
    expect(await told(GOOGLE, { name: 'other' })).toBe('another key answered');
    expect(await told(VAULT, { data: { type: 'ecdsa-p256', keys: { 1: { public_key: pem } } } })).toBe(
      'the key is not of Ed25519',
    );
  });
});

it('AWS KMS is not asked for more than the 4096 bytes that it signs', async () => {
  answer = aws;
  expect(await refusal(signing(AWS, Buffer.alloc(4097)))).toBe('AWS KMS signs 4096 bytes at most');
  expect(seen).toEqual([]);
});

it('a key of Vault is named with its version, and Azure signs nothing', async () => {
  answer = vault;
  for (const key of ['checkpoints', 'checkpoints/0', '../checkpoints/1', 'checkpoints/latest'])
    expect(await refusal(run(VAULT, ['--sign', key], MESSAGE))).toContain('named with its version');
  expect(await refusal(run({ ...VAULT, name: 'azure' }, ['--sign', 'x'], MESSAGE))).toBe('there is no Ed25519 here');
  expect(seen).toEqual([]);
});

describe('the service', () => {
  it.each(ALL)('has its checkpoints signed by $name, and evidence where that takes its length', async (kms) => {
    answer = kms.speaks;
    const service = await startTestService({
      ...kms.environment(),
      SIGNING_COMMAND: JSON.stringify([process.execPath, `examples/kms/${kms.name}.mjs`, '--sign', kms.key]),
      SIGNING_PUBLIC_KEY: PEM,
    });
    try {
      const { customerId } = await service.customerWithDevice();
      const call = { customerId, direction: 'outbound', line: LINE, purpose: 'A payment', verify: true };
      const { body } = await service.amara.post('/v1/calls', { ...call, agent: { department: 'Fraud Operations' } });
      let lines: string[] = [];
      while (!lines.includes('')) {
        await setTimeout(100);
        const reply = await fetch(`${service.url}/log/checkpoint`);
        if (reply.status === 200) lines = (await reply.text()).split('\n');
      }
      const [text, signature] = [lines.slice(0, 3), lines[4]!.split(' ')[2]!];
      const note = Buffer.from(signature, 'base64').subarray(4);
      expect(verify(null, Buffer.from(`${text.join('\n')}\n`), publicKey, note)).toBe(true);
      const evidence = await service.analyst.get(`/v1/evidence/${body.verification.id}`);
      expect(evidence.status).toBe(kms === AWS ? 503 : 200);
    } finally {
      await service.stop();
    }
  });
});
