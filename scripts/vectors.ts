import { createHash, createHmac, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { CompactEncrypt, importJWK } from 'jose';
import { generateSync } from 'otplib';
import { EVIDENCE_NOTES, evidenceVectors } from './evidence-vectors.js';

/*
 * Writes the vectors anew, by other libraries than the kit and the service use where there are any. ECDSA signs with
 * random numbers, so each run gives other signatures: run it to add a case, and commit all of what it wrote.
 */

interface Vector {
  readonly comment: string;
  readonly flags?: readonly string[];
  readonly input: object;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly expected?: unknown;
}

function write(topic: string, about: string, notes: Record<string, string>, vectors: readonly Vector[]): void {
  const tests = vectors.map(({ comment, flags = [], input, result, expected }, at) => ({
    tcId: at + 1,
    comment,
    flags,
    input,
    result,
    ...(expected === undefined ? {} : { expected }),
  }));
  const file = { topic, about, notes, numberOfTests: tests.length, tests };
  writeFileSync(join('vectors', `${topic}.json`), `${JSON.stringify(file, null, 2)}\n`);
}

const base64url = (bytes: string | Buffer): string => Buffer.from(bytes as string).toString('base64url');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');

// Keys of published examples: RFC 7515 appendix A.3 (P-256) and RFC 8037 appendix A.1 (Ed25519). No secret to anybody.
const P256 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
};
const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
};
const OTHER_P256 = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
};

const publicOf = ({ d: _, ...rest }: Record<string, string>): object => rest;
const keyOf = (jwk: object): KeyObject => createPrivateKey({ key: jwk as never, format: 'jwk' });

function jws(header: object, payload: object | string, key: object, form: 'ieee-p1363' | 'der' = 'ieee-p1363'): string {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const input = `${base64url(JSON.stringify(header))}.${base64url(text)}`;
  const ed25519 = (key as { crv: string }).crv === 'Ed25519';
  const signature = ed25519
    ? sign(null, Buffer.from(input), keyOf(key))
    : sign('sha256', Buffer.from(input), { key: keyOf(key), dsaEncoding: form });
  return `${input}.${signature.toString('base64url')}`;
}

function canonicalJson(): void {
  const valid = (comment: string, json: string, flags?: string[]): Vector => {
    const canonical = canonicalize(JSON.parse(json))!;
    return { comment, flags, input: { json }, result: 'valid', expected: { canonical, sha256: sha256(canonical) } };
  };
  const invalid = (comment: string, json: string, flags: string[]): Vector => ({
    comment,
    flags,
    input: { json },
    result: 'invalid',
  });
  write(
    'canonical-json',
    'A JSON text goes in; its canonical form (RFC 8785) and base64url(SHA-256) of that come out.',
    {
      Rfc8785: 'From RFC 8785.',
      Number: 'How ECMAScript writes a double.',
      Order: 'Members are sorted by UTF-16 code units, not by code points.',
      Surrogate: 'A lone surrogate has no UTF-8.',
    },
    [
      valid(
        'RFC 8785 section 3.2.2',
        '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
        ['Rfc8785'],
      ),
      valid(
        'RFC 8785 section 3.2.3',
        '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One","\\ud83d\\ude00":"Emoji: Grinning Face","\\u0080":"Control","\\u00f6":"Latin Small Letter O With Diaeresis"}',
        ['Rfc8785', 'Order'],
      ),
      valid('minus zero', '{"a":-0}', ['Number']),
      valid('exponents', '[1e21,1e-7,123456789012345680000,5e-324,1.7976931348623157e308]', ['Number']),
      valid('an empty object', '{}'),
      valid('nothing but white space between', ' { "b" : [ ] , "a" : { } } '),
      valid('a name that looks like a number is sorted as text', '{"10":1,"9":2,"1":3}', ['Order']),
      valid('pounds, in two bytes', '{"purpose":"A payment of £250 we stopped"}'),
      valid('an emoji, in four bytes', '{"purpose":"\\ud83d\\udd12 locked"}'),
      valid('decomposed letters stay as they are', '{"name":"Ame\\u0301lie"}'),
      valid('a right-to-left text', '{"name":"\\u05d0\\u05d1\\u05d2"}'),
      valid('HTML is a text', '{"purpose":"<b onclick=\\"x\\">&amp;</b>"}'),
      valid('a member of an old JavaScript trick', '{"__proto__":1,"constructor":2}'),
      valid('U+2028 and U+2029 are not escaped', '{"a":"\\u2028\\u2029"}'),
      valid('DEL and C1 controls are not escaped', '{"a":"\\u007f\\u0085"}'),
      invalid('a lone high surrogate', '{"a":"\\ud800"}', ['Surrogate']),
      invalid('a lone low surrogate', '{"a":"x\\udc00"}', ['Surrogate']),
      invalid('a lone surrogate in a name', '{"\\ud83d":1}', ['Surrogate']),
      invalid('surrogates in the wrong order', '{"a":"\\udd12\\ud83d"}', ['Surrogate']),
      invalid('a number too large for a double', '{"a":1e400}', ['Number']),
    ],
  );
}

const DISPLAYS = {
  outbound: {
    question: 'are_you_talking_to_us',
    direction: 'outbound',
    agentName: 'Amara Okafor',
    department: 'Fraud Operations',
    purpose: 'A payment of £250 we stopped',
    startedAt: '2026-01-31T09:30:00.000Z',
    neverAsk: ['your PIN or your full password'],
  },
  inbound: { question: 'did_you_phone_us', neverAsk: ['your PIN or your full password'] },
};

function displayHash(): void {
  const valid = (comment: string, display: object): Vector => ({
    comment,
    input: { display },
    result: 'valid',
    expected: { hash: sha256(canonicalize(display)!) },
  });
  write(
    'display-hash',
    'What the customer is shown goes in, as it came; base64url(SHA-256(UTF-8(JCS(display)))) comes out, 43 characters.',
    {},
    [
      valid('a call that the bank placed', DISPLAYS.outbound),
      valid('a call that somebody placed in the customer’s name', DISPLAYS.inbound),
      valid('members in another order give the same', Object.fromEntries(Object.entries(DISPLAYS.outbound).reverse())),
      valid('a member that this version does not know counts', { ...DISPLAYS.outbound, mood: 'calm' }),
      valid('no department', { ...DISPLAYS.outbound, department: null }),
      valid('140 emoji', { ...DISPLAYS.outbound, purpose: '🔒'.repeat(140) }),
    ],
  );
}

const AT = 1_769_851_805;
const DEVICE = 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa';
const QUESTION = {
  id: 'ver_01jd3f6q8zfk1rz1m3v9w1c2ab',
  challenge: '3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  display: DISPLAYS.outbound,
};

const FLAGS = {
  Header: 'The protected header has exactly the members that are asked for.',
  Form: 'A compact JWS of canonical base64url; signatures are R‖S of 64 bytes and never DER.',
  Signature: 'Not by the key.',
  Binding: 'Signed for something else.',
  Time: 'iat is at most 60 s away from the bank’s clock.',
};

function enrolmentProof(): void {
  const claims = { customer: 'cust-1001', aud: 'urn:countersign', iat: AT, jti: '5f1c1d3e8f2b4c0a9a550d6f8f3f9b10' };
  const make = (
    comment: string,
    result: Vector['result'],
    proof: string,
    flags: string[] = [],
    publicKey: object = publicOf(P256),
  ): Vector => ({ comment, flags, input: { customer: 'cust-1001', atSeconds: AT, publicKey, proof }, result });
  const es256 = { alg: 'ES256', typ: 'enrolment+jws' };
  const good = jws(es256, claims, P256);
  write(
    'enrolment-proof',
    'A public key, the customer whom the path names, the time, and the proof by that key: a compact JWS with typ enrolment+jws.',
    FLAGS,
    [
      make('P-256', 'valid', good),
      make('Ed25519', 'valid', jws({ alg: 'EdDSA', typ: 'enrolment+jws' }, claims, ED25519), [], publicOf(ED25519)),
      make('a minute early', 'valid', jws(es256, { ...claims, iat: AT - 60 }, P256), ['Time']),
      make('two minutes old', 'invalid', jws(es256, { ...claims, iat: AT - 120 }, P256), ['Time']),
      make('two minutes ahead', 'invalid', jws(es256, { ...claims, iat: AT + 120 }, P256), ['Time']),
      make('for another customer', 'invalid', jws(es256, { ...claims, customer: 'cust-1002' }, P256), ['Binding']),
      make('for another audience', 'invalid', jws(es256, { ...claims, aud: 'urn:other' }, P256), ['Binding']),
      make('by another key', 'invalid', jws(es256, claims, OTHER_P256), ['Signature']),
      make('DER', 'invalid', jws(es256, claims, P256, 'der'), ['Form']),
      make('typ of an answer', 'invalid', jws({ ...es256, typ: 'answer+jws' }, claims, P256), ['Header']),
      make('a header member too many', 'invalid', jws({ ...es256, jwk: publicOf(P256) }, claims, P256), ['Header']),
      make('alg none', 'invalid', `${base64url('{"alg":"none","typ":"enrolment+jws"}')}.${good.split('.')[1]}.`, [
        'Header',
      ]),
      make('alg of the other key type', 'invalid', jws({ ...es256, alg: 'EdDSA' }, claims, P256), ['Header']),
      make('a jti that is too short', 'invalid', jws(es256, { ...claims, jti: 'short' }, P256), ['Binding']),
      make('padding', 'invalid', `${good}=`, ['Form']),
    ],
  );
}

function answers(): void {
  const payload = {
    verification: QUESTION.id,
    challenge: QUESTION.challenge,
    display: sha256(canonicalize(QUESTION.display)!),
    answer: 'yes',
    code: '481205',
    handset: { inCall: true, outgoing: false },
    iat: AT,
  };
  const es256 = { alg: 'ES256', kid: DEVICE, typ: 'answer+jws' };
  const eddsa = { ...es256, alg: 'EdDSA' };
  const make = (
    comment: string,
    result: Vector['result'],
    signed: string,
    flags: string[] = [],
    publicKey: object = publicOf(P256),
  ): Vector => ({ comment, flags, input: { deviceId: DEVICE, publicKey, question: QUESTION, jws: signed }, result });
  const good = jws(es256, payload, P256);
  const [head, body, signature] = good.split('.') as [string, string, string];
  const no = { ...payload, answer: 'no', code: undefined, reason: 'they_called_me' };
  write(
    'answer',
    'A device with its key, the question as it was shown, and the answer that the device signed: a compact JWS with typ answer+jws. Valid says that the signature, the form and the question fit; whether the code is right is another matter.',
    FLAGS,
    [
      make('yes, ES256', 'valid', good),
      make(
        'yes, EdDSA, byte for byte as in docs/api-guide.md',
        'valid',
        jws(eddsa, payload, ED25519),
        [],
        publicOf(ED25519),
      ),
      make('no, with a reason', 'valid', jws(es256, no, P256)),
      make('no handset', 'valid', jws(es256, { ...payload, handset: undefined }, P256)),
      make('by another key', 'invalid', jws(es256, payload, OTHER_P256), ['Signature']),
      make('a signature of zeros', 'invalid', `${head}.${body}.${base64url(Buffer.alloc(64))}`, ['Signature']),
      make('one bit of the signature', 'invalid', `${head}.${body}.${flip(signature)}`, ['Signature']),
      make('DER', 'invalid', jws(es256, payload, P256, 'der'), ['Form']),
      make('another device', 'invalid', jws({ ...es256, kid: 'dev_01jd3f6q8zfk1rz1m3v9w1c2zz' }, payload, P256), [
        'Header',
      ]),
      make('no kid', 'invalid', jws({ alg: 'ES256', typ: 'answer+jws' }, payload, P256), ['Header']),
      make('crit', 'invalid', jws({ ...es256, crit: ['b64'], b64: false }, payload, P256), ['Header']),
      make('typ of an enrolment', 'invalid', jws({ ...es256, typ: 'enrolment+jws' }, payload, P256), ['Header']),
      make('HS256 with the public key', 'invalid', hs256(payload), ['Header']),
      make('another display', 'invalid', jws(es256, { ...payload, display: sha256('{}') }, P256), ['Binding']),
      make('another challenge', 'invalid', jws(es256, { ...payload, challenge: base64url(Buffer.alloc(32)) }, P256), [
        'Binding',
      ]),
      make(
        'another question',
        'invalid',
        jws(es256, { ...payload, verification: 'ver_01jd3f6q8zfk1rz1m3v9w1c2zz' }, P256),
        ['Binding'],
      ),
      make('neither yes nor no', 'invalid', jws(es256, { ...payload, answer: 'maybe' }, P256), ['Form']),
      make('a member that is not known', 'invalid', jws(es256, { ...payload, mood: 'calm' }, P256), ['Form']),
      make('a member twice', 'invalid', jws(es256, JSON.stringify(payload).replace('{', '{"answer":"no",'), P256), [
        'Form',
      ]),
      make('iat as a text', 'invalid', jws(es256, { ...payload, iat: String(AT) }, P256), ['Form']),
      make('padding', 'invalid', `${good}=`, ['Form']),
      make('four parts', 'invalid', `${good}.`, ['Form']),
      make('a line break', 'invalid', good.replace('.', '\n.'), ['Form']),
    ],
  );
}

function hs256(payload: object): string {
  const input = `${base64url(JSON.stringify({ alg: 'HS256', kid: DEVICE, typ: 'answer+jws' }))}.${base64url(JSON.stringify(payload))}`;
  return `${input}.${createHmac('sha256', JSON.stringify(publicOf(P256)))
    .update(input)
    .digest('base64url')}`;
}

function flip(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  bytes[40]! ^= 1;
  return bytes.toString('base64url');
}

const PASSKEY = { credentialId: 'CjC9vE-8xmCtBXIP0hDEM7KxPmsy0kBPGGUwwlXlKkw', rpId: 'bank.example' };
const ORIGIN = 'https://www.bank.example';
const [PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED, EXTENDED] = [0x01, 0x04, 0x08, 0x10, 0x40, 0x80];

/** What an authenticator and the browser before it make of a payload, or say instead. */
interface Asserted {
  readonly id?: string;
  /** In place of members of the client data, or beside them; undefined leaves one out. */
  readonly clientData?: object;
  /** The client data as a text. */
  readonly clientDataText?: (text: string) => string;
  readonly rpId?: string;
  readonly flags?: number;
  /** What comes after flags and counter. */
  readonly more?: Buffer;
  readonly key?: object;
  readonly form?: 'ieee-p1363' | 'der';
}

function assertion(payload: object, said: Asserted = {}): { id: string; response: Record<string, string> } {
  const { id = PASSKEY.credentialId, rpId = PASSKEY.rpId, flags = PRESENT | VERIFIED, key = P256 } = said;
  const honest = {
    type: 'webauthn.get',
    challenge: sha256(canonicalize(payload)!),
    origin: ORIGIN,
    crossOrigin: false,
  };
  const text = JSON.stringify({ ...honest, ...said.clientData });
  const clientData = Buffer.from(said.clientDataText?.(text) ?? text);
  const authenticatorData = Buffer.concat([
    createHash('sha256').update(rpId).digest(),
    Buffer.from([flags, 0, 0, 0, 7]),
    said.more ?? Buffer.alloc(0),
  ]);
  const signed = Buffer.concat([authenticatorData, createHash('sha256').update(clientData).digest()]);
  const signature =
    (key as { crv: string }).crv === 'Ed25519'
      ? sign(null, signed, keyOf(key))
      : sign('sha256', signed, { key: keyOf(key), dsaEncoding: said.form ?? 'der' });
  return {
    id,
    response: {
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
    },
  };
}

type Change = (response: Record<string, string>) => Record<string, string>;

function passkeyAnswers(): void {
  const payload = {
    verification: QUESTION.id,
    challenge: QUESTION.challenge,
    display: sha256(canonicalize(QUESTION.display)!),
    answer: 'yes',
    code: '481205',
    iat: AT,
  };
  const make =
    (result: Vector['result'], flags: string[] = []) =>
    (
      comment: string,
      said: Asserted = {},
      {
        sent = payload,
        signed = sent,
        publicKey = publicOf(P256),
        rpId = PASSKEY.rpId,
        change = (response) => response,
      }: { sent?: object; signed?: object; publicKey?: object; rpId?: string; change?: Change } = {},
    ): Vector => {
      const { id, response } = assertion(signed, said);
      return {
        comment,
        flags,
        input: {
          passkey: { ...PASSKEY, rpId },
          publicKey,
          question: QUESTION,
          payload: sent,
          response: { id, rawId: id, type: 'public-key', response: change(response) },
        },
        result,
      };
    };
  const from = (origin: string): Asserted => ({ clientData: { origin } });
  const [valid, anywhere] = [make('valid'), make('valid', ['Origin'])];
  const [page, user, data, binding, signature, form] = ['Origin', 'User', 'Data', 'Binding', 'Signature', 'Form'].map(
    (flag) => make('invalid', [flag]),
  ) as [typeof valid, typeof valid, typeof valid, typeof valid, typeof valid, typeof valid];
  const ed25519 = { key: ED25519 };
  const credProtect = Buffer.from('a16b6372656450726f7465637402', 'hex');
  write(
    'passkey-answers',
    'A passkey with its key, the question as it was shown, and what is posted as the answer by it: the payload, and an assertion (Web Authentication, AuthenticationResponseJSON) whose challenge is SHA-256 of the payload’s canonical JSON. Valid says that the assertion, its form and the question fit; whether the code is right, the counter grew, and which of the domain’s origins a bank takes is another matter.',
    {
      Origin:
        'A page of the RP id or below it over https, or an Android app; on this machine also http. No frame of another origin.',
      User: 'The user was there and was verified.',
      Data: 'The authenticator data is that of an assertion, for this RP id: 37 bytes, and more only where the flags say so.',
      Binding: 'Signed for something else, or by another passkey.',
      Signature: 'Not by the key. ECDSA signatures are DER and never R‖S.',
      Form: 'Canonical base64url without padding; client data is one JSON object with no member twice.',
    },
    [
      valid('ES256'),
      valid('EdDSA', ed25519, { publicKey: publicOf(ED25519) }),
      valid('no, with a reason', {}, { sent: { ...payload, answer: 'no', code: undefined, reason: 'they_called_me' } }),
      valid(
        'members of the payload in another order',
        {},
        { sent: Object.fromEntries(Object.entries(payload).reverse()) },
      ),
      valid('members in the client data that are not known', {
        clientData: { other_keys_can_be_added_here: 'do not compare clientDataJSON against a template' },
      }),
      valid('client data without crossOrigin', { clientData: { crossOrigin: undefined } }),
      valid('of a passkey that is backed up', { flags: PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP }),
      valid('with extensions', { flags: PRESENT | VERIFIED | EXTENDED, more: credProtect }),
      anywhere('from the domain itself', from('https://bank.example')),
      anywhere('from a port', from('https://www.bank.example:8443')),
      anywhere('from an Android app', from('android:apk-key-hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')),
      anywhere(
        'from a page of this machine',
        { ...from('http://localhost:3000'), rpId: 'localhost' },
        { rpId: 'localhost' },
      ),
      page('from another site', from('https://evil.example')),
      page('from a site that ends alike', from('https://notbank.example')),
      page('from a site that begins alike', from('https://bank.example.evil.example')),
      page('over http', from('http://www.bank.example')),
      page('an origin with a path', from('https://www.bank.example/')),
      page('an origin with a user', from('https://www.bank.example@evil.example')),
      page('an origin in capitals', from('https://WWW.bank.example')),
      page('an opaque origin', from('null')),
      page('from an app that names no key', from('android:apk-key-hash:')),
      page('in a frame of another origin', { clientData: { crossOrigin: true } }),
      page('in a frame, with the page around it', { clientData: { topOrigin: ORIGIN } }),
      page('crossOrigin as a text', { clientData: { crossOrigin: 'false' } }),
      user('of a user who was not verified', { flags: PRESENT }),
      user('of a user who was not there', { flags: VERIFIED }),
      user('of nobody', { flags: 0 }),
      data('for another domain', { rpId: 'www.bank.example' }),
      data('attested, as at an enrolment', { flags: PRESENT | VERIFIED | ATTESTED }),
      data('a byte too many', { more: Buffer.alloc(1) }),
      data('flags that promise extensions', { flags: PRESENT | VERIFIED | EXTENDED }),
      data(
        'a byte too few',
        {},
        { change: (response) => ({ ...response, authenticatorData: response.authenticatorData!.slice(0, 48) }) },
      ),
      binding('another payload', {}, { signed: { ...payload, answer: 'no' } }),
      binding('a payload with a member more', {}, { sent: { ...payload, mood: 'calm' }, signed: payload }),
      binding('another display', {}, { sent: { ...payload, display: sha256('{}') } }),
      binding('another challenge', {}, { sent: { ...payload, challenge: base64url(Buffer.alloc(32)) } }),
      binding('another question', {}, { sent: { ...payload, verification: 'ver_01jd3f6q8zfk1rz1m3v9w1c2zz' } }),
      binding('the challenge of the question, without the payload', { clientData: { challenge: QUESTION.challenge } }),
      binding('an enrolment', { clientData: { type: 'webauthn.create' } }),
      binding('another credential', { id: 'zOEaPrMdzLkUcM2YaEJk_Vv5gqxfgXwBkeCGX0Ykekc' }),
      signature('DER by another key', { key: OTHER_P256 }),
      signature('by a key of the other type', ed25519),
      signature('R‖S', { form: 'ieee-p1363' }),
      signature(
        'a byte after the DER',
        {},
        {
          change: (response) => ({
            ...response,
            signature: base64url(Buffer.concat([Buffer.from(response.signature!, 'base64url'), Buffer.alloc(1)])),
          }),
        },
      ),
      signature(
        'one bit of the signature',
        {},
        { change: (response) => ({ ...response, signature: flip(response.signature!) }) },
      ),
      signature('an EdDSA signature of zeros', ed25519, {
        publicKey: publicOf(ED25519),
        change: (response) => ({ ...response, signature: base64url(Buffer.alloc(64)) }),
      }),
      signature(
        'client data that was changed afterwards',
        {},
        {
          change: (response) => ({
            ...response,
            clientDataJSON: base64url(
              `${Buffer.from(response.clientDataJSON!, 'base64url').toString('utf8').slice(0, -1)},"a":1}`,
            ),
          }),
        },
      ),
      form('a member twice', { clientDataText: (text) => text.replace('{', `{"origin":"${ORIGIN}",`) }),
      form('client data in a list', { clientDataText: (text) => `[${text}]` }),
      form('client data with a byte order mark', { clientDataText: (text) => `\ufeff${text}` }),
      form('client data of more than 3 kB', { clientData: { padding: 'x'.repeat(3_072) } }),
      form('padding', {}, { change: (response) => ({ ...response, clientDataJSON: `${response.clientDataJSON}=` }) }),
      form('no signature', {}, { change: (response) => ({ ...response, signature: '' }) }),
    ],
  );
}

async function offlineCodes(): Promise<void> {
  // RFC 6238 appendix B: the ASCII text 12345678901234567890.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  const code = (comment: string, atSeconds: number, flags: string[] = []): Vector => ({
    comment,
    flags,
    input: { secret, atSeconds },
    result: 'valid',
    expected: { code: generateSync({ secret, epoch: atSeconds, algorithm: 'sha1', digits: 6, period: 30 }) },
  });
  write(
    'offline-codes',
    'A TOTP secret in base 32 and a Unix time in seconds go in; the code comes out: SHA-1, 6 digits, 30 s.',
    { Rfc6238: 'The last six digits of the vectors of RFC 6238 appendix B.' },
    [
      ...[59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000].map((at) =>
        code(`at ${at}`, at, ['Rfc6238']),
      ),
      code('the last second of a step', 89),
      code('the first second of the next', 90),
    ],
  );
  const secrets = { bankProof: secret, customerProof: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' };
  const seal = async (header: object, plaintext = JSON.stringify(secrets), key: object = OTHER_P256): Promise<string> =>
    new CompactEncrypt(Buffer.from(plaintext))
      .setProtectedHeader(header as { alg: string; enc: string })
      .encrypt(await importJWK(publicOf(key as never) as never, 'ECDH-ES'));
  const header = { alg: 'ECDH-ES', enc: 'A256GCM', typ: 'offline+jwe' };
  const make = (comment: string, jwe: string, result: Vector['result'], flags: string[] = []): Vector => ({
    comment,
    flags,
    input: { decryptionKey: OTHER_P256, jwe },
    result,
    ...(result === 'valid' ? { expected: secrets } : {}),
  });
  const good = await seal(header);
  write(
    'offline-secrets',
    'The `offline` of an enrolment and the private key that it is for: a compact JWE, ECDH-ES (RFC 7518 section 4.6) with A256GCM. The two TOTP secrets come out.',
    { Altered: 'A byte of it was changed on the way.' },
    [
      make('as the service gives it', good, 'valid'),
      make('with apu and apv', await sealWith(secrets), 'valid'),
      make('for another key', await seal(header, undefined, P256), 'invalid'),
      make('an altered tag', alter(good, 4), 'invalid', ['Altered']),
      make('an altered ciphertext', alter(good, 3), 'invalid', ['Altered']),
      make('an altered initialization vector', alter(good, 2), 'invalid', ['Altered']),
      make(
        'a secret of 80 bits',
        await seal(header, '{"bankProof":"GEZDGNBVGY3TQOJQ","customerProof":"GEZDGNBVGY3TQOJQ"}'),
        'invalid',
      ),
      make('no secrets', await seal(header, '{}'), 'invalid'),
      make('four parts', good.split('.').slice(1).join('.'), 'invalid'),
      make('another content encryption', await seal({ ...header, enc: 'A128GCM' }), 'acceptable'),
    ],
  );
}

async function sealWith(secrets: object): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(secrets)))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
    .setKeyManagementParameters({ apu: Buffer.from('Alice'), apv: Buffer.from('Bob') })
    .encrypt(await importJWK(publicOf(OTHER_P256) as never, 'ECDH-ES'));
}

function alter(jwe: string, part: number): string {
  const parts = jwe.split('.');
  const bytes = Buffer.from(parts[part]!, 'base64url');
  bytes[0]! ^= 1;
  parts[part] = bytes.toString('base64url');
  return parts.join('.');
}

function derSignatures(): void {
  const integer = (hex: string): string => {
    const bytes = hex.replace(/^(00)+(?=..)/, '');
    const signed = parseInt(bytes.slice(0, 2), 16) > 127 ? `00${bytes}` : bytes;
    return `02${(signed.length / 2).toString(16).padStart(2, '0')}${signed}`;
  };
  const sequence = (body: string): string => `30${(body.length / 2).toString(16).padStart(2, '0')}${body}`;
  const valid = (comment: string, r: string, s: string): Vector => ({
    comment,
    input: { der: sequence(integer(r) + integer(s)) },
    result: 'valid',
    expected: { raw: `${r.padStart(64, '0')}${s.padStart(64, '0')}` },
  });
  const invalid = (comment: string, der: string): Vector => ({ comment, input: { der }, result: 'invalid' });
  const [low, high] = ['1f'.repeat(32), 'f1'.repeat(32)];
  const good = sequence(integer(low) + integer(high));
  write(
    'der-signatures',
    'An ECDSA signature by P-256 in DER goes in, in hex; R‖S of 64 bytes (RFC 7518 section 3.4) comes out, in hex.',
    {},
    [
      valid('r without, s with a zero before', low, high),
      valid('both with a zero before', high, high),
      valid('an r of 31 bytes', 'a1'.repeat(31), low),
      valid('an s of one byte', low, '01'),
      invalid('a byte too many', `${good}00`),
      invalid('a byte too few', good.slice(0, -2)),
      invalid('an r of 33 bytes', sequence(`0221${'1f'.repeat(33)}${integer(low)}`)),
      invalid('a zero that is not needed', sequence(`022100${low}${integer(low)}`)),
      invalid('a negative r', sequence(`0220${high}${integer(low)}`)),
      invalid('one integer', sequence(integer(low))),
      invalid('R‖S already', low + high),
      invalid('nothing', ''),
    ],
  );
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The check character of seven others: α times their polynomial at α = 2, over GF(32) with x^5 + x^2 + 1. */
function checkOf(characters: string): string {
  const double = (value: number): number => ((value << 1) & 31) ^ (value > 15 ? 0b00101 : 0);
  let sum = 0;
  for (const character of characters) sum = double(sum) ^ CROCKFORD.indexOf(character);
  return CROCKFORD[double(sum)]!;
}

function references(): void {
  const reference = (seven: string): string => `${seven.slice(0, 4)}-${seven.slice(4)}${checkOf(seven)}`;
  const [call, change, callback, notice, report] = ['3QM72D4', '93QM7D4', 'K7QM2D4', 'R0M72D4', 'RG072D4'].map(
    reference,
  ) as [string, string, string, string, string];
  const valid = (comment: string, typed: string, is: string, kind: string): Vector => ({
    comment,
    input: { typed },
    result: 'valid',
    expected: { reference: is, kind },
  });
  const invalid = (comment: string, typed: string, flags: string[] = []): Vector => ({
    comment,
    flags,
    input: { typed },
    result: 'invalid',
  });
  const swapped = `${call[1]}${call[0]}${call.slice(2)}`;
  write(
    'references',
    'A reference as it was typed goes in; its one form and what it stands for come out. Crockford’s base 32, the kind in the top bits, and a check character over GF(32).',
    { Check: 'One wrong character, or two exchanged, never fit.' },
    [
      valid('a call', call, call, 'call'),
      valid('a change', change, change, 'change'),
      valid('a callback', callback, callback, 'callback'),
      valid('a notice', notice, notice, 'notice'),
      valid('a report', report, report, 'report'),
      valid('lower case, no hyphen', call.toLowerCase().replace('-', ''), call, 'call'),
      valid('O for 0', notice.replaceAll('0', 'O'), notice, 'notice'),
      valid('spaces around and between', ` ${call.replace('-', ' ')} `, call, 'call'),
      valid('a dash of another kind', call.replace('-', '–'), call, 'call'),
      invalid('two characters exchanged', swapped, ['Check']),
      invalid('one wrong character', `${call.slice(0, -1)}${call.endsWith('0') ? '1' : '0'}`, ['Check']),
      invalid('too short', call.slice(0, 8)),
      invalid('too long', `${call}0`),
      invalid('U', `U${call.slice(1)}`),
      invalid('Cyrillic letters that look like Latin ones', call.replace('M', 'М')),
      invalid('nothing', ''),
    ],
  );
}

function letterCodes(): void {
  const valid = (comment: string, typed: string, code: string): Vector => ({
    comment,
    input: { typed },
    result: 'valid',
    expected: { code },
  });
  const code = 'K7QM-2D4F-9XHT-01AB';
  const invalid = (comment: string, typed: string): Vector => ({ comment, input: { typed }, result: 'invalid' });
  write(
    'letter-codes',
    'The code of a letter as it was typed goes in; its one form comes out: 16 characters of Crockford’s base 32 in groups of four.',
    {},
    [
      valid('as printed', code, code),
      valid('lower case, no hyphens', 'k7qm2d4f9xht01ab', code),
      valid('O, I and L', 'K7QM-2D4F-9XHT-OLAB', code),
      valid('spaces', 'K7QM 2D4F 9XHT 01AB', code),
      invalid('too short', 'K7QM-2D4F-9XHT-01A'),
      invalid('too long', `${code}C`),
      invalid('U', 'K7QM-2D4F-9XHT-01AU'),
      invalid('another mark', 'K7QM-2D4F-9XHT-01A!'),
      invalid('Greek', 'Κ7QM-2D4F-9XHT-01AB'),
    ],
  );
}

function webhookSignatures(): void {
  const secret = Buffer.alloc(32, 7);
  const body = '{"type":"countersign.verification.confirmed","id":"evt_01jd3f6q8zfk1rz1m3v9w1c2aa"}';
  const signed = (id: string, at: number, text: string, key = secret): string =>
    `v1,${createHmac('sha256', key).update(`${id}.${at}.${text}`).digest('base64')}`;
  const asymmetric = `v1a,${sign(null, Buffer.from(`msg_1.${AT}.${body}`), keyOf(ED25519)).toString('base64')}`;
  const make = (comment: string, result: Vector['result'], signature: string, changed: object = {}): Vector => ({
    comment,
    input: {
      id: 'msg_1',
      timestamp: String(AT),
      signature,
      body,
      secrets: [`whsec_${secret.toString('base64')}`],
      publicKeys: [`whpk_${Buffer.from(ED25519.x, 'base64url').toString('base64')}`],
      atSeconds: AT + 5,
      ...changed,
    },
    result,
  });
  const good = signed('msg_1', AT, body);
  write(
    'webhook-signatures',
    'A delivery as Standard Webhooks 1.0 signs it: v1 is HMAC-SHA-256, v1a Ed25519; a time more than five minutes off is refused.',
    {},
    [
      make('v1', 'valid', good),
      make('v1a', 'valid', asymmetric),
      make(
        'two signatures, as during a rotation',
        'valid',
        `${signed('msg_1', AT, body, Buffer.alloc(32, 8))} ${good}`,
      ),
      make('one of a version that is not known, and a good one', 'valid', `v9,AAAA ${good}`),
      make('another body', 'invalid', good, { body: body.replace('confirmed', 'denied') }),
      make('another id', 'invalid', good, { id: 'msg_2' }),
      make('another time', 'invalid', good, { timestamp: String(AT + 1) }),
      make('six minutes old', 'invalid', good, { atSeconds: AT + 360 }),
      make('six minutes ahead', 'invalid', good, { atSeconds: AT - 360 }),
      make('another secret', 'invalid', signed('msg_1', AT, body, Buffer.alloc(32, 8))),
      make('v1 called v1a', 'invalid', good.replace('v1,', 'v1a,')),
      make('no signature', 'invalid', ''),
      make('a time that is no number', 'invalid', good, { timestamp: 'soon' }),
    ],
  );
}

const leafHashOf = (text: string): Buffer => createHash('sha256').update(Buffer.of(0)).update(text).digest();
const childrenOf = (left: Buffer, right: Buffer): Buffer =>
  createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();

function leaves(): void {
  const record = {
    specversion: '1.0',
    id: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa',
    source: 'urn:countersign:northbank',
    type: 'countersign.call.declared',
    subject: 'call_01jd3f6q8zfk1rz1m3v9w1c2ab',
    time: '2026-01-31T09:30:00.000Z',
    datacontenttype: 'application/json',
    data: { customerId: 'cust-1001', direction: 'outbound' },
  };
  const valid = (comment: string, value: object): Vector => ({
    comment,
    input: { record: value },
    result: 'valid',
    expected: { leafHash: leafHashOf(canonicalize(value)!).toString('base64') },
  });
  write(
    'leaf',
    'The record of an event goes in; its leaf hash comes out: SHA-256(0x00 || UTF-8(JCS(record))) (RFC 9162 section 2.1.1), base64.',
    {},
    [
      valid('an event', record),
      valid('members in another order give the same', Object.fromEntries(Object.entries(record).reverse())),
      valid('another time is another leaf', { ...record, time: '2026-01-31T09:30:00.001Z' }),
      valid('an empty record', {}),
    ],
  );
}

function inclusion(): void {
  const hashes = Array.from({ length: 7 }, (_, at) => leafHashOf(`leaf ${at}`));
  const rootOf = (all: readonly Buffer[]): Buffer => {
    if (all.length === 1) return all[0]!;
    const middle = 2 ** Math.ceil(Math.log2(all.length) - 1);
    return childrenOf(rootOf(all.slice(0, middle)), rootOf(all.slice(middle)));
  };
  const pathOf = (index: number, all: readonly Buffer[]): Buffer[] => {
    if (all.length === 1) return [];
    const middle = 2 ** Math.ceil(Math.log2(all.length) - 1);
    return index < middle
      ? [...pathOf(index, all.slice(0, middle)), rootOf(all.slice(middle))]
      : [...pathOf(index - middle, all.slice(middle)), rootOf(all.slice(0, middle))];
  };
  const make = (
    comment: string,
    index: number,
    size: number,
    result: Vector['result'],
    changed: object = {},
  ): Vector => ({
    comment,
    input: {
      leafHash: hashes[index]!.toString('base64'),
      index,
      size,
      proof: pathOf(index, hashes.slice(0, size)).map((hash) => hash.toString('base64')),
      root: rootOf(hashes.slice(0, size)).toString('base64'),
      ...changed,
    },
    result,
  });
  const whole = Array.from({ length: 7 }, (_, size) =>
    Array.from({ length: size + 1 }, (__, index) => make(`leaf ${index} of ${size + 1}`, index, size + 1, 'valid')),
  ).flat();
  const proof = pathOf(3, hashes).map((hash) => hash.toString('base64'));
  write(
    'inclusion',
    'A leaf hash, its index, and the proof that it is under the root of a tree of that size (RFC 9162 section 2.1.3.2); hashes in base64.',
    {},
    [
      ...whole,
      make('another index', 3, 7, 'invalid', { index: 2 }),
      make('an index outside', 3, 7, 'invalid', { index: 7 }),
      make('another size', 3, 7, 'invalid', { size: 3 }),
      make('a size of which the path is too short', 3, 7, 'invalid', { size: 9 }),
      make('a proof that is too short', 3, 7, 'invalid', { proof: proof.slice(1) }),
      make('a proof that is too long', 3, 7, 'invalid', { proof: [...proof, proof[0]] }),
      make('a proof in another order', 3, 7, 'invalid', { proof: proof.toReversed() }),
      make('another leaf', 3, 7, 'invalid', { leafHash: hashes[4]!.toString('base64') }),
      make('another root', 3, 7, 'invalid', { root: hashes[4]!.toString('base64') }),
      make('a hash of 31 bytes', 3, 7, 'invalid', { proof: [Buffer.alloc(31).toString('base64'), ...proof.slice(1)] }),
    ],
  );
}

function checkpoints(): void {
  const origin = 'verify.bank.example/log/northbank';
  const root = leafHashOf('root').toString('base64');
  const raw = Buffer.from(ED25519.x, 'base64url');
  const keyId = createHash('sha256').update(`${origin}\n`).update(Buffer.of(1)).update(raw).digest().subarray(0, 4);
  const signedBy = (text: string, key: object = ED25519, name = origin, id = keyId): string =>
    `— ${name} ${Buffer.concat([id, sign(null, Buffer.from(text), keyOf(key))]).toString('base64')}\n`;
  const text = `${origin}\n42\n${root}\n`;
  const make = (comment: string, note: string, result: Vector['result'], size = 42): Vector => ({
    comment,
    input: { note, publicKeys: [ED25519.x] },
    result,
    ...(result === 'valid' ? { expected: { origin, size, root } } : {}),
  });
  const stranger = `— witness.example ${Buffer.concat([Buffer.alloc(4, 9), Buffer.alloc(64, 9)]).toString('base64')}\n`;
  const other = (changed: string): string => `${changed}\n${signedBy(changed)}`;
  write(
    'checkpoint',
    'A signed note (C2SP signed-note, tlog-checkpoint) and the Ed25519 keys that are trusted, base64url; the log’s name, its size and its root come out.',
    {},
    [
      make('as the service gives it', other(text), 'valid'),
      make('a signature of a witness whose key is not known', `${text}\n${stranger}${signedBy(text)}`, 'valid'),
      make('an extension line', other(`${text}extension\n`), 'valid'),
      make('an empty log', other(`${origin}\n0\n${root}\n`), 'valid', 0),
      make('another size', other(text).replace('\n42\n', '\n43\n'), 'invalid'),
      make('no signature', `${text}\n`, 'invalid'),
      make('of a key that is not known alone', `${text}\n${stranger}`, 'invalid'),
      make('another key id', `${text}\n${signedBy(text, ED25519, origin, Buffer.alloc(4))}`, 'invalid'),
      make('a size with a zero before', other(`${origin}\n042\n${root}\n`), 'invalid'),
      make('a negative size', other(`${origin}\n-1\n${root}\n`), 'invalid'),
      make('a root of 31 bytes', other(`${origin}\n42\n${Buffer.alloc(31).toString('base64')}\n`), 'invalid'),
      make('a carriage return', other(text).replace('\n', '\r\n'), 'invalid'),
      make('nothing', '', 'invalid'),
    ],
  );
}

function evidences(): void {
  // RFC 8032 section 7.1, test 2.
  const other = {
    kty: 'OKP',
    crv: 'Ed25519',
    kid: 'other',
    x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
    d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs',
  };
  const keys = { service: keyOf(ED25519), other: keyOf(other), otherPublic: publicOf(other) };
  write(
    'evidence',
    'The text of `GET /v1/evidence/{id}`, the keys of a JWK set that are trusted, and for some a checkpoint that somebody else kept. Valid: every statement of the verifier holds. Invalid: at least one does not.',
    EVIDENCE_NOTES,
    evidenceVectors(join('vectors', 'evidence.json'), keys),
  );
}

canonicalJson();
displayHash();
enrolmentProof();
answers();
passkeyAnswers();
derSignatures();
await offlineCodes();
references();
letterCodes();
webhookSignatures();
leaves();
inclusion();
checkpoints();
evidences();
