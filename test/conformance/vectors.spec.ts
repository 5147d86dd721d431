import {
  answerPayload,
  canonicalHash,
  canonicalJson as kitCanonicalJson,
  enrolmentProof,
  offlineCode,
  openOfflineKeys,
  rawSignature,
  readLetterCode as kitReadLetterCode,
  readReference,
  signAnswer,
  type SigningKey,
} from '@countersign/device';
import { verifyEvidence, verifyWebhook } from '@countersign/client';
import Ajv from 'ajv/dist/2020.js';
import { readdirSync, readFileSync } from 'node:fs';
import { webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { base64, decodeBase64, decodeBase64url } from '../../packages/client/src/evidence/bytes.js';
import {
  canonicalHash as clientCanonicalHash,
  canonicalJson as clientCanonicalJson,
} from '../../packages/client/src/evidence/canonical.js';
import { openAssertedPayload } from '../../packages/client/src/evidence/device-answers.js';
import { readDeviceKey } from '../../packages/client/src/evidence/signatures.js';
import { openCheckpoint as openClientCheckpoint } from '../../packages/client/src/evidence/checkpoint.js';
import {
  hashLeaf,
  verifyInclusion as verifyClientInclusion,
} from '../../packages/client/src/evidence/merkle-proofs.js';
import { readLetterCode } from '../../src/changes/letter-code.js';
import { canonicalHash as serverHash, canonicalJson, displayHash } from '../../src/crypto/canonical-json.js';
import { parseDevicePublicKey } from '../../src/crypto/device-key.js';
import { verifyDeviceSignature } from '../../src/crypto/device-signature.js';
import { verifyInclusion } from '../../src/crypto/merkle-tree.js';
import { currentProof } from '../../src/crypto/offline-proof.js';
import { readAssertion, verifyAssertion } from '../../src/crypto/passkey-assertion.js';
import { signWebhook } from '../../src/crypto/webhook-signature.js';
import { PROOF_AGE_SECONDS, readProof } from '../../src/customers/devices.service.js';
import { parseReference } from '../../src/ids/reference.js';
import { openCheckpoint } from '../../src/transparency/checkpoint.js';
import { leafHash } from '../../src/transparency/leaf.js';
import { readAnswerPayload } from '../../src/verifications/answer.payload.js';

const FOLDER = 'vectors';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly input: any;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly expected?: any;
}

const read = (topic: string): { topic: string; numberOfTests: number; notes: object; tests: Vector[] } =>
  JSON.parse(readFileSync(join(FOLDER, topic), 'utf8'));
const topics = readdirSync(FOLDER).filter((file) => file.endsWith('.json') && file !== 'schema.json');

/** Every implementation of each topic: what it makes of an input, or a throw for a refusal. */
const IMPLEMENTATIONS: Record<string, Record<string, (input: any) => unknown>> = {
  'canonical-json.json': {
    client: ({ json }) => ({
      canonical: clientCanonicalJson(JSON.parse(json)),
      sha256: clientCanonicalHash(JSON.parse(json)),
    }),
    service: ({ json }) => ({ canonical: canonicalJson(JSON.parse(json)), sha256: serverHash(JSON.parse(json)) }),
    device: async ({ json }) => ({
      canonical: kitCanonicalJson(JSON.parse(json)),
      sha256: await canonicalHash(JSON.parse(json)),
    }),
  },
  'display-hash.json': {
    client: ({ display }) => ({ hash: clientCanonicalHash(display) }),
    service: ({ display }) => ({ hash: displayHash(display) }),
    device: async ({ display }) => ({ hash: await canonicalHash(display) }),
  },
  'enrolment-proof.json': {
    service: ({ customer, atSeconds, publicKey, proof }) => {
      const { issuedAt } = readProof(proof, parseDevicePublicKey(publicKey, 'signature').jwk, customer);
      if (Math.abs(atSeconds - issuedAt) > PROOF_AGE_SECONDS) throw new Error('stale');
    },
  },
  'answer.json': {
    service: ({ deviceId, publicKey, question, jws }) => {
      const key = parseDevicePublicKey(publicKey, 'signature').jwk;
      const { payload } = verifyDeviceSignature({ jws, typ: 'answer+jws', publicKey: key, keyId: deviceId });
      requireFits(required(readAnswerPayload(payload)), question, displayHash(question.display));
    },
  },
  'passkey-answers.json': {
    service: ({ passkey, publicKey, question, payload, response }) => {
      const assertion = required(readAssertion(response));
      if (assertion.id !== passkey.credentialId) throw new Error('another credential');
      const key = parseDevicePublicKey(publicKey, 'signature').jwk;
      verifyAssertion(assertion, { challenge: serverHash(payload), rpId: passkey.rpId, publicKey: key });
      requireFits(required(readAnswerPayload(payload)), question, displayHash(question.display));
    },
    client: ({ passkey, publicKey, question, payload, response: { id, response } }) => {
      const kept = clientCanonicalJson({ payload, response: { id, ...response } });
      const opened = openAssertedPayload(kept, passkey, readDeviceKey(publicKey));
      requireFits(opened, question, clientCanonicalHash(question.display));
    },
  },
  'der-signatures.json': {
    device: ({ der }) => ({ raw: Buffer.from(rawSignature(Buffer.from(der, 'hex'))).toString('hex') }),
  },
  'offline-codes.json': {
    service: ({ secret, atSeconds }) => ({ code: currentProof(secret, new Date(atSeconds * 1000)) }),
  },
  'offline-secrets.json': {
    device: async ({ jwe, decryptionKey }) => {
      const keys = await openOfflineKeys(jwe, await importDecryptionKey(decryptionKey));
      return Object.fromEntries(
        await Promise.all(
          Object.entries(keys).map(async ([name, key]) => [name, (await offlineCode(key, 59_000)).code]),
        ),
      );
    },
  },
  'references.json': {
    service: ({ typed }) => required(parseReference(typed)),
    device: ({ typed }) => required(readReference(typed)),
  },
  'letter-codes.json': {
    service: ({ typed }) => ({ code: required(readLetterCode(typed)).match(/.{4}/g)!.join('-') }),
    device: ({ typed }) => ({ code: required(kitReadLetterCode(typed)) }),
  },
  'webhook-signatures.json': {
    client: async ({ id, timestamp, signature, body, secrets, publicKeys, atSeconds }) => {
      const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
      await verifyWebhook(body, headers, { secrets, publicKeys }, atSeconds * 1000);
    },
  },
  'leaf.json': {
    service: ({ record }) => ({ leafHash: leafHash(record).toString('base64') }),
    client: ({ record }) => ({ leafHash: base64(hashLeaf(clientCanonicalJson(record))) }),
  },
  'inclusion.json': {
    client: ({ leafHash: leaf, index, size, proof, root }) => {
      const bytes = (text: string): Uint8Array => decodeBase64(text)!;
      if (!verifyClientInclusion(bytes(leaf), index, size, proof.map(bytes), bytes(root)))
        throw new Error('not included');
    },
    service: ({ leafHash: leaf, index, size, proof, root }) => {
      const bytes = (text: string): Buffer => Buffer.from(text, 'base64');
      if (!verifyInclusion(bytes(leaf), index, size, proof.map(bytes), bytes(root))) throw new Error('not included');
    },
  },
  'checkpoint.json': {
    client: ({ note, publicKeys }) => {
      const { origin, size, root } = openClientCheckpoint(
        note,
        publicKeys.map((x: string) => decodeBase64url(x)!),
      );
      return { origin, size, root: base64(root) };
    },
    service: ({ note, publicKeys }) => {
      const { origin, size, root } = openCheckpoint(
        note,
        publicKeys.map((x: string) => Buffer.from(x, 'base64url')),
      );
      return { origin, size, root: root.toString('base64') };
    },
  },
  'evidence.json': {
    client: (input) => {
      const [wrong] = failedStatements(input);
      if (wrong !== undefined) throw new Error(wrong);
    },
  },
};

/** The names of the statements that do not hold; by what they are about, without the id of it. */
function failedStatements({ evidence, keys, checkpoint }: any): string[] {
  return verifyEvidence(evidence, keys, checkpoint && { note: checkpoint })
    .filter(({ result }) => result !== 'verified')
    .map(({ name }) => name.replace(/^ver_\w+ /, ''));
}

function required<Value>(value: Value | null): Value {
  if (value === null) throw new Error('refused');
  return value;
}

function requireFits(answer: any, question: any, display: string): void {
  if (answer.verification !== question.id || answer.challenge !== question.challenge) throw new Error('another');
  if (answer.display !== display) throw new Error('another display');
}

function importDecryptionKey(jwk: object) {
  return webcrypto.subtle.importKey('jwk', jwk as never, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']);
}

/** What a valid vector expects, in the form that an implementation gives it. */
function expectedOf(topic: string, expected: any): unknown {
  if (topic !== 'offline-secrets.json') return expected;
  return Object.fromEntries(
    Object.entries(expected).map(([name, secret]) => [name, currentProof(secret as string, new Date(59_000))]),
  );
}

test('every topic has an implementation that runs it, and every file is as the schema says', () => {
  expect(topics.sort()).toEqual(Object.keys(IMPLEMENTATIONS).sort());
  const validate = new Ajv.Ajv2020().compile(JSON.parse(readFileSync(join(FOLDER, 'schema.json'), 'utf8')));
  for (const topic of topics) {
    const file = read(topic);
    expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
    expect(file.tests.map(({ tcId }) => tcId)).toEqual(file.tests.map((_, at) => at + 1));
    expect(file.numberOfTests).toBe(file.tests.length);
    expect(`${file.topic}.json`).toBe(topic);
    const flags = new Set(file.tests.flatMap(({ flags: of }: any) => of as string[]));
    for (const flag of flags) expect(Object.keys(file.notes)).toContain(flag);
  }
});

describe.each(topics)('%s', (topic) => {
  const vectors = read(topic).tests;
  for (const [name, run] of Object.entries(IMPLEMENTATIONS[topic]!))
    test.each(vectors.map((vector) => [vector.comment, vector] as const))(`${name}: %s`, async (_, vector) => {
      if (vector.result === 'acceptable')
        return void (await Promise.resolve(vector.input)
          .then(run)
          .catch(() => null));
      if (vector.result === 'invalid') return expect(Promise.resolve(vector.input).then(run)).rejects.toThrow();
      const made = await run(vector.input);
      if (vector.expected !== undefined) expect(made).toEqual(expectedOf(topic, vector.expected));
    });
});

test.each(read('evidence.json').tests.map((vector) => [vector.comment, vector] as const))(
  'of an evidence, what its flag names fails first: %s',
  (_, { flags, input }: any) => {
    const [first] = failedStatements(input);
    expect(first?.split(' ')[0]).toBe(flags[0]?.toLowerCase());
  },
);

describe('what the device kit signs', () => {
  const vectors = read('answer.json').tests;

  test('is the payload of the vectors, and holds for the service', async () => {
    const { question, jws } = vectors[0]!.input;
    const [, payload] = jws.split('.');
    const signed = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    const given = { answer: 'yes' as const, code: signed.code, handset: signed.handset };
    expect(await answerPayload(question, given, signed.iat * 1000 + 999)).toEqual(signed);
  });

  test('by Ed25519 is byte for byte the vector', async () => {
    const { question, deviceId, jws } = vectors[1]!.input;
    const payload = JSON.parse(Buffer.from(jws.split('.')[1], 'base64url').toString('utf8'));
    const jwk = { ...vectors[1]!.input.publicKey, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' };
    const privateKey = await webcrypto.subtle.importKey('jwk', jwk, 'Ed25519', false, ['sign']);
    const key: SigningKey = {
      algorithm: 'EdDSA',
      publicKey: () => jwk,
      sign: (bytes) => webcrypto.subtle.sign('Ed25519', privateKey, bytes),
    };
    const made = await answerPayload(question, payload, payload.iat * 1000);
    expect(await signAnswer({ id: deviceId, key }, made)).toBe(jws);
  });

  test('as an enrolment is taken by the service, and DER is refused before it is sent', async () => {
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
    const jwk = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
    const key: SigningKey = {
      algorithm: 'ES256',
      publicKey: () => jwk,
      sign: (bytes) => webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes),
    };
    const proof = await enrolmentProof(key, 'cust-1001', 1_769_851_805_000);
    const { jwk: parsed } = parseDevicePublicKey({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }, 'signature');
    expect(readProof(proof, parsed, 'cust-1001').issuedAt).toBe(1_769_851_805);
    const der = { ...key, sign: async () => new Uint8Array(70) };
    await expect(enrolmentProof(der, 'cust-1001', 0)).rejects.toThrow(TypeError);
  });
});

test('what the service signs of a webhook is what the client takes', async () => {
  const message = { id: 'msg_1', timestamp: 1_769_851_805, body: '{"type":"countersign.call.ended"}' };
  const secret = Buffer.alloc(32, 3);
  const headers = {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signWebhook('v1', [secret], message),
  };
  const keys = { secrets: [`whsec_${secret.toString('base64')}`] };
  expect(await verifyWebhook(message.body, headers, keys, message.timestamp * 1000)).toEqual(JSON.parse(message.body));
});
