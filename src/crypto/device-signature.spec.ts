import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDevicePublicKey, type DeviceJwk } from './device-key.js';
import {
  readUnverifiedHeader,
  signatureFits,
  SignatureRefused,
  verifyDeviceSignature,
  type DeviceSignatureToVerify,
  type SignatureFailure,
} from './device-signature.js';

const TYP = 'answer+jws';
const KID = 'dev_01h455vb4pex5vsknk084sn02q';
const PAYLOAD = { answer: 'yes', code: '042719', handset: { inCall: true } };

interface Signer {
  alg: string;
  privateKey: CryptoKey;
  publicKey: DeviceJwk;
}

async function signer(alg: string): Promise<Signer> {
  const pair = await generateKeyPair(alg, { extractable: true });
  const { jwk } = parseDevicePublicKey(await exportJWK(pair.publicKey), 'signature');
  return { alg, privateKey: pair.privateKey, publicKey: jwk };
}

let ec: Signer;
let ed: Signer;
let answer: string;

beforeAll(async () => {
  [ec, ed] = await Promise.all([signer('ES256'), signer('EdDSA')]);
  answer = await joseSigned(ec);
});

function joseSigned(by: Signer, header: Record<string, unknown> = {}): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(PAYLOAD)))
    .setProtectedHeader({ alg: by.alg, kid: KID, typ: TYP, ...header })
    .sign(by.privateKey);
}

/** Signed over exactly this header and payload, whatever they hold. */
async function signedRaw(header: string | Buffer, payload: string | Buffer = '{}'): Promise<string> {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`;
  const jwk = await exportJWK(ec.privateKey);
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function failureOf(jws: string, change: Partial<DeviceSignatureToVerify> = {}): SignatureFailure | null {
  try {
    verifyDeviceSignature({ jws, typ: TYP, publicKey: ec.publicKey, keyId: KID, ...change });
    return null;
  } catch (error) {
    if (error instanceof SignatureRefused) return error.failure;
    throw error;
  }
}

const HEADER = `{"alg":"ES256","kid":"${KID}","typ":"${TYP}"}`;

describe('signatureFits', () => {
  it('verifies RFC 7515 appendix A.3 (ES256), and not with a bit changed', () => {
    const key = createPublicKey({
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
      },
      format: 'jwk',
    });
    const input =
      'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
    const signature = 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q';
    expect(signatureFits('ES256', key, Buffer.from(input), Buffer.from(signature, 'base64url'))).toBe(true);
    expect(signatureFits('ES256', key, Buffer.from(`${input}A`), Buffer.from(signature, 'base64url'))).toBe(false);
  });

  it('verifies RFC 8037 appendix A.4 (EdDSA), and not with a bit changed', () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const input = Buffer.from('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc');
    const signature = Buffer.from(
      'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
      'base64url',
    );
    expect(signatureFits('EdDSA', key, input, signature)).toBe(true);
    signature.writeUInt8(signature.readUInt8(5) ^ 1, 5);
    expect(signatureFits('EdDSA', key, input, signature)).toBe(false);
  });
});

describe('verifyDeviceSignature', () => {
  it('gives the header and payload of what jose signed, with both kinds of key', async () => {
    for (const by of [ec, ed]) {
      const jws = await joseSigned(by);
      const verified = verifyDeviceSignature({ jws, typ: TYP, publicKey: by.publicKey, keyId: KID });
      expect(verified).toEqual({ header: { alg: by.alg, kid: KID, typ: TYP }, payload: PAYLOAD });
      expect(readUnverifiedHeader(jws)).toEqual({ alg: by.alg, kid: KID, typ: TYP });
    }
  });

  it('takes an enrolment without kid, where that is what is asked for', async () => {
    const jws = await signedRaw('{"typ":"enrolment+jws","alg":"ES256"}');
    const enrolment = { typ: 'enrolment+jws', keyId: undefined, headerMembers: ['alg', 'typ'] as const };
    expect(failureOf(jws, enrolment)).toBeNull();
    expect(failureOf(jws, { typ: 'enrolment+jws', keyId: undefined })).toBe('header');
    expect(failureOf(answer, { keyId: undefined, headerMembers: ['alg', 'typ'] })).toBe('header');
  });

  it('refuses an answer with any one character changed', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='.split('');
    fc.assert(
      fc.property(fc.nat(answer.length - 1), fc.constantFrom(...characters), (at, character) => {
        fc.pre(answer[at] !== character);
        expect(failureOf(answer.slice(0, at) + character + answer.slice(at + 1))).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  it('refuses any other text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => failureOf(text) === 'malformed'));
  });

  it('refuses what is no canonical compact JWS', () => {
    const [header = '', payload = '', signature = ''] = answer.split('.');
    for (const text of [
      '',
      '..',
      `${header}.${payload}`,
      `${answer}.`,
      `${answer}.${signature}`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      `${header}.${payload}.`,
      `${answer}=`,
      `${answer}\n`,
      ` ${answer}`,
      // 64 bytes end in a character with four spare bits.
      answer.slice(0, -1) + String.fromCharCode(answer.charCodeAt(answer.length - 1) + 1),
    ]) {
      expect(failureOf(text)).toBe('malformed');
    }
    expect(failureOf(7 as unknown as string)).toBe('malformed');
  });

  it('bounds the length', async () => {
    expect(failureOf(answer, { maxLength: answer.length })).toBeNull();
    expect(failureOf(answer, { maxLength: answer.length - 1 })).toBe('malformed');
    expect(failureOf(await signedRaw(HEADER, JSON.stringify({ a: 'x'.repeat(8192) })))).toBe('malformed');
  });

  it.each([
    ['another typ', `{"alg":"ES256","kid":"${KID}","typ":"JWT"}`],
    ['typ in upper case', `{"alg":"ES256","kid":"${KID}","typ":"ANSWER+JWS"}`],
    ['no typ', `{"alg":"ES256","kid":"${KID}"}`],
    ['another kid', `{"alg":"ES256","kid":"dev_2","typ":"${TYP}"}`],
    ['an empty kid', `{"alg":"ES256","kid":"","typ":"${TYP}"}`],
    ['a kid that is no text', `{"alg":"ES256","kid":["${KID}"],"typ":"${TYP}"}`],
    ['an alg that is no text', `{"alg":["ES256"],"kid":"${KID}","typ":"${TYP}"}`],
    ['a duplicate', `{"alg":"none","alg":"ES256","kid":"${KID}","typ":"${TYP}"}`],
    ['a duplicate after unescaping', `{"alg":"none","\\u0061lg":"ES256","kid":"${KID}","typ":"${TYP}"}`],
    ['crit', HEADER.replace('{', '{"crit":["exp"],')],
    ['b64', HEADER.replace('{', '{"b64":true,')],
    ['jwk', HEADER.replace('{', '{"jwk":{},')],
    ['jku', HEADER.replace('{', '{"jku":"https://example.com",')],
    ['x5c', HEADER.replace('{', '{"x5c":[],')],
    ['an unknown member', HEADER.replace('{', '{"note":1,')],
    ['an unknown member in place of kid', `{"alg":"ES256","KID":"${KID}","typ":"${TYP}"}`],
    ['an array', '[]'],
    ['no JSON', 'alg'],
    ['a byte order mark', `\ufeff${HEADER}`],
    ['a long header', HEADER.replace('{', `{${' '.repeat(512)}`)],
  ])('refuses a header with %s', async (_, header) => {
    expect(failureOf(await signedRaw(header))).toBe('header');
  });

  it.each(['none', 'None', 'HS256', 'ES384', 'ES256K', 'RS256', 'PS256', 'es256', 'Ed25519'])(
    'refuses the algorithm %s',
    async (alg) => {
      expect(failureOf(await signedRaw(HEADER.replace('ES256', alg)))).toBe('algorithm');
    },
  );

  it('refuses an algorithm that does not fit the key, and a key that is none', async () => {
    expect(failureOf(await signedRaw(HEADER.replace('ES256', 'EdDSA')))).toBe('algorithm');
    expect(failureOf(answer, { publicKey: ed.publicKey })).toBe('algorithm');
    const { x } = ec.publicKey;
    expect(failureOf(answer, { publicKey: { kty: 'EC', crv: 'P-256', x, y: x } })).toBe('algorithm');
  });

  it('refuses the signature of another key, and one over another payload', async () => {
    expect(failureOf(await joseSigned(await signer('ES256')))).toBe('signature');
    const [header, , signature] = answer.split('.');
    const payload = Buffer.from(JSON.stringify({ ...PAYLOAD, answer: 'no' })).toString('base64url');
    expect(failureOf(`${header}.${payload}.${signature}`)).toBe('signature');
  });

  it('refuses a DER signature, a short, a long and an empty one', async () => {
    const input = answer.slice(0, answer.lastIndexOf('.'));
    const key = createPrivateKey({ key: await exportJWK(ec.privateKey), format: 'jwk' });
    const der = sign('sha256', Buffer.from(input), key);
    for (const signature of [der, Buffer.alloc(63, 1), Buffer.alloc(65, 1), Buffer.alloc(64)]) {
      expect(failureOf(`${input}.${signature.toString('base64url')}`)).toBe('signature');
    }
  });

  it.each([
    ['an array', '[]'],
    ['text', 'yes'],
    ['a duplicate', '{"answer":"no","answer":"yes"}'],
    ['a lone surrogate', '{"answer":"\\ud800"}'],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['great depth', `{"a":${'['.repeat(8)}${']'.repeat(8)}}`],
  ])('refuses a payload with %s, rightly signed', async (_, payload) => {
    expect(failureOf(await signedRaw(HEADER, payload))).toBe('payload');
  });

  it('does not say more than the failure', () => {
    expect(() => verifyDeviceSignature({ jws: 'secret', typ: TYP, publicKey: ec.publicKey })).toThrow(
      /^device signature refused: malformed$/,
    );
  });
});

describe('readUnverifiedHeader', () => {
  it('refuses what verifying would refuse', async () => {
    expect(() => readUnverifiedHeader('a.b')).toThrow(SignatureRefused);
    const withoutKid = await signedRaw(`{"alg":"ES256","typ":"${TYP}"}`);
    expect(() => readUnverifiedHeader(withoutKid)).toThrow(SignatureRefused);
  });

  it('does not verify', async () => {
    const other = await importJWK(await exportJWK((await signer('ES256')).privateKey), 'ES256');
    const jws = await new CompactSign(Buffer.from('x'))
      .setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 't' })
      .sign(other);
    expect(readUnverifiedHeader(jws)).toEqual({ alg: 'ES256', kid: 'k', typ: 't' });
  });
});
