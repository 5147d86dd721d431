import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromCoseKey, toCoseKey } from './cose-key.js';
import { parseDevicePublicKey } from './device-key.js';
import {
  assertionFits,
  isOriginOf,
  PasskeyRefused,
  readAssertion,
  readClientData,
  requireClientData,
  verifyAssertion,
} from './passkey-assertion.js';

/**
 * Test vectors of Web Authentication Level 3, sections 16.2, 16.3, 16.4 and 16.11 (W3C Software and Document License):
 * RP id example.org, origin https://example.org. No user was verified in them but in 16.4, which is in a foreign frame.
 */
const VECTORS = [
  {
    name: 'none.ES256',
    cose: 'a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220',
    challenge: '39c0e7521417ba54d43e8dc95174f423dee9bf3cd804ff6d65c857c9abf4d408',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a224f63446e55685158756c5455506f334a5558543049393770767a7a59425039745a63685879617630314167222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
    signature:
      '3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87',
    refused: 'user_verification',
  },
  {
    name: 'packed-self.ES256',
    cose: 'a5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2',
    challenge: '4478a10b1352348dd160c1353b0d469b5db19eb91c27f7dfa6fed39fe26af20b',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50900000000',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a225248696843784e534e493352594d45314f7731476d3132786e726b634a5f6666707637546e2d4a71386773222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a206754623533727a36456853576f6d58477a696d433151227d',
    signature:
      '304402203310b9431903c401f1be2bdc8d23a4007682dbbddcf846994947b7f465daf84002204e94dd00047b316061b3b99772b7efd95994a83ef584b3b6b825ea3550251b66',
    refused: 'user_verification',
  },
  {
    name: 'none.ES256.crossOrigin',
    cose: 'a501020326200121582022200a473f90b11078851550d03b4e44a2279f8c4eca27b3153dedfe03e4e97d225820cbd0be95e746ad6f5a8191be11756e4c0420e72f65b466d39bc56b8b123a9c6e',
    challenge: '876aa517ba83fdee65fcffdbca4c84eeae5d54f8041a1fc85c991e5bbb273137',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50500000000',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a226832716c463771445f65356c5f505f62796b7945377135645650674547685f49584a6b655737736e4d5463222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a747275652c22657874726144617461223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e616c206669656c647320696e20746865206675747572652c207375636820617320746869733a2039327063545644304162792d713464746d6a36656667227d',
    signature:
      '3046022100eb12fcf23b12764c0f122e22371fab92e283879fd798f38ee1841c951b6e40e7022100c76237ff9db77b3c56f30837cda6a09acfa2e915544e609c0733b1184036d1cf',
    refused: 'cross_origin',
  },
  {
    name: 'packed.EdDSA',
    cose: 'a401010327200621582044e06ddd331c36a8dc667bab52bcae63486c916aa5e339e6acebaa84934bf832',
    challenge: '895957e01c633a698348a2d8a31a54b7db27e8c1c43b2080d79ae2190267bfd2',
    authenticatorData: 'bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b50100000000',
    clientDataJSON:
      '7b2274797065223a22776562617574686e2e676574222c226368616c6c656e6765223a2269566c583442786a4f6d6d44534b4c596f7870557439736e364d48454f7943413135726947514a6e763949222c226f726967696e223a2268747470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73657d',
    signature:
      'f5c59c7e46c34f6f8cc197101ddf9934fa2595f68eb1913a637e8419eb9ba4cfdfc48f85393bc0d40b011f0d6fecb097d6607525713223a0dc0d453993dae00b',
    refused: 'user_verification',
  },
] as const;

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const base64url = (hex: string): string => bytes(hex).toString('base64url');

/** A key of the vectors: `a5…` is EC2, `a4…` is OKP, in canonical CBOR. */
function keyOf(cose: string): ReturnType<typeof fromCoseKey> {
  const all = bytes(cose);
  const at = (offset: number): Buffer => all.subarray(offset, offset + 32);
  return fromCoseKey(
    new Map<number, unknown>(
      cose.startsWith('a5')
        ? [
            [1, 2],
            [3, -7],
            [-1, 1],
            [-2, at(10)],
            [-3, at(45)],
          ]
        : [
            [1, 1],
            [3, -8],
            [-1, 6],
            [-2, at(10)],
          ],
    ),
  );
}

describe('the test vectors of the standard', () => {
  it.each(VECTORS)('$name: its key has one COSE form, and its signature fits nothing else', (vector) => {
    const { jwk } = keyOf(vector.cose);
    expect(toCoseKey(jwk).toString('hex')).toBe(vector.cose);
    const [data, client, signature] = [vector.authenticatorData, vector.clientDataJSON, vector.signature].map(
      bytes,
    ) as [Buffer, Buffer, Buffer];
    expect(assertionFits(jwk, data, client, signature)).toBe(true);
    for (const [at, parts] of [data, client, signature].entries()) {
      const changed = Buffer.from(parts);
      changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
      const all = [data, client, signature].map((part, n) => (n === at ? changed : part)) as [Buffer, Buffer, Buffer];
      expect(assertionFits(jwk, ...all)).toBe(false);
    }
    for (const other of VECTORS)
      if (other !== vector) expect(assertionFits(keyOf(other.cose).jwk, data, client, signature)).toBe(false);
  });

  it.each(VECTORS)('$name: is not what an answer here must be ($refused)', (vector) => {
    expect(() =>
      verifyAssertion(
        {
          id: 'AAAA',
          clientDataJSON: base64url(vector.clientDataJSON),
          authenticatorData: base64url(vector.authenticatorData),
          signature: base64url(vector.signature),
        },
        { challenge: base64url(vector.challenge), rpId: 'example.org', publicKey: keyOf(vector.cose).jwk },
      ),
    ).toThrow(new PasskeyRefused(vector.refused));
  });
});

describe('client data', () => {
  const expected = { challenge: 'x', rpId: 'example.org' };
  const honest = { type: 'webauthn.get', challenge: 'x', origin: 'https://example.org' };

  it('is of this ceremony, challenge and origin, whatever else a browser adds', () => {
    requireClientData({ ...honest, other: 1, tokenBinding: { status: 'supported' } }, 'webauthn.get', expected);
    for (const [change, failure] of [
      [{ type: 'webauthn.create' }, 'client_data'],
      [{ origin: 1 }, 'client_data'],
      [{ challenge: 'X' }, 'asserted_payload'],
      [{ challenge: ['x'] }, 'asserted_payload'],
      [{ origin: 'http://example.org' }, 'origin'],
      [{ origin: 'https://example.org.evil.example' }, 'origin'],
      [{ crossOrigin: true }, 'cross_origin'],
      [{ topOrigin: 'https://example.org' }, 'cross_origin'],
    ] as const)
      expect(() => requireClientData({ ...honest, ...change }, 'webauthn.get', expected)).toThrow(
        new PasskeyRefused(failure),
      );
  });

  it('is one object that every reader reads alike, and never throws otherwise', () => {
    for (const text of ['', '[]', 'null', '{"a":1,"a":2}', '{"__proto__":1}', '{} x', '\ufeff{}'])
      expect(() => readClientData(Buffer.from(text))).toThrow(new PasskeyRefused('client_data'));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
        try {
          readClientData(Buffer.from(random));
        } catch (error) {
          expect(error).toBeInstanceOf(PasskeyRefused);
        }
      }),
    );
  });
});

describe('an origin', () => {
  it.each([
    ['https://bank.example', 'bank.example', true],
    ['https://www.bank.example:8443', 'bank.example', true],
    ['https://notbank.example', 'bank.example', false],
    ['https://bank.example.evil.example', 'bank.example', false],
    ['http://bank.example', 'bank.example', false],
    ['https://bank.example/', 'bank.example', false],
    ['https://BANK.example', 'bank.example', false],
    ['https://user@bank.example', 'bank.example', false],
    ['http://localhost:3000', 'localhost', true],
    ['http://127.0.0.1:3000', 'localhost', true],
    ['http://evil.localhost', 'localhost', false],
    ['http://192.168.0.1', 'localhost', false],
    [`android:apk-key-hash:${'A'.repeat(43)}`, 'bank.example', true],
    ['android:apk-key-hash:x', 'bank.example', false],
    ['null', 'bank.example', false],
    ['', 'bank.example', false],
  ])('%s may use %s: %s', (origin, rpId, may) => {
    expect(isOriginOf(origin, rpId)).toBe(may);
  });
});

describe('an assertion', () => {
  it('is read from what browsers give, and from nothing else', () => {
    const response = { clientDataJSON: 'AA', authenticatorData: 'AQ', signature: 'Ag', userHandle: 'x' };
    const whole = { id: 'Aw', rawId: 'Aw', type: 'public-key', response, clientExtensionResults: {} };
    expect(readAssertion(whole)).toEqual({ id: 'Aw', clientDataJSON: 'AA', authenticatorData: 'AQ', signature: 'Ag' });
    fc.assert(fc.property(fc.anything(), (anything) => readAssertion(anything) === null));
    for (const change of [{ id: 'A=' }, { type: 'x' }, { rawId: 'AA' }, { response: { ...response, signature: 'AB' } }])
      expect(readAssertion({ ...whole, ...change })).toBeNull();
  });

  it('is refused, and never breaks, whatever its bytes are', () => {
    const { jwk: publicKey } = keyOf(VECTORS[0].cose);
    const text = fc.uint8Array({ maxLength: 80 }).map((random) => Buffer.from(random).toString('base64url'));
    fc.assert(
      fc.property(text, text, text, (clientDataJSON, authenticatorData, signature) => {
        expect(() =>
          verifyAssertion(
            { id: 'AA', clientDataJSON, authenticatorData, signature },
            { challenge: 'x', rpId: 'example.org', publicKey },
          ),
        ).toThrow(PasskeyRefused);
      }),
    );
  });

  it('has a key of the one form that every other device has', () => {
    for (const { cose } of VECTORS) {
      const { jwk, thumbprint } = keyOf(cose);
      expect(parseDevicePublicKey(jwk, 'signature')).toEqual({ jwk, thumbprint });
    }
    for (const [label, value] of [
      [1, 3],
      [3, -257],
      [3, -8],
      [-1, 2],
      [-2, Buffer.alloc(32)],
      [-2, Buffer.alloc(31)],
      [-3, 'x'],
    ] as const) {
      const members = new Map<number, unknown>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytes(VECTORS[0].cose).subarray(10, 42)],
        [-3, bytes(VECTORS[0].cose).subarray(45, 77)],
        [label, value],
      ]);
      expect(() => fromCoseKey(members)).toThrow(/device key refused/);
    }
  });
});
