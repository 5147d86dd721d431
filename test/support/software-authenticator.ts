import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Question } from './customer-device.js';
import { answerPayload } from './raw-signature.js';

/** What an authenticator and its browser may be made to say instead of the truth. */
export interface Lies {
  readonly type?: string;
  readonly challenge?: string;
  readonly origin?: string;
  /** Replaces or adds members of the client data. */
  readonly clientData?: object;
  /** The whole text of the client data. */
  readonly clientDataText?: (honest: string) => string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly signCount?: number;
  /** Changes the authenticator data before it is signed. */
  readonly authenticatorData?: (honest: Buffer) => Buffer;
  /** Signs with another key. */
  readonly signer?: KeyObject;
  /** Changes the signature. */
  readonly signature?: (honest: Buffer) => Buffer;
  readonly id?: string;
}

export interface RegistrationLies extends Lies {
  readonly format?: string;
  readonly statement?: Cbor;
  /** The COSE key, in place of the own one. */
  readonly cose?: Cbor;
  readonly credentialId?: Buffer;
}

type Cbor = number | string | Buffer | Cbor[] | Map<number | string, Cbor>;

export const [PRESENT, VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED] = [0x01, 0x04, 0x08, 0x10, 0x40];
const ORIGIN_HOST = 'localhost';

/** Canonical CBOR (RFC 8949) of what WebAuthn needs. */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([name, member]) => [cbor(name), cbor(member)])]);
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  if (count < 0x100) return Buffer.from([(major << 5) | 24, count]);
  return Buffer.from([(major << 5) | 25, count >> 8, count & 0xff]);
}

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();

/** The challenge that an answer's assertion is over. */
export const challengeOf = (payload: object): string => sha256(canonicalize(payload)!).toString('base64url');

/** An authenticator and the browser before it, in software: each of its statements can be a lie. */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32);
  readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  userHandle = '';
  signCount = 0;

  /** @param counts whether it has a sign counter; most that are synchronised have none. */
  constructor(
    readonly origin: string,
    readonly algorithm: 'ES256' | 'EdDSA' = 'ES256',
    private readonly counts = true,
  ) {
    ({ privateKey: this.privateKey, publicKey: this.publicKey } =
      algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519'));
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  cose(): Map<number, Cbor> {
    const { x, y } = this.publicKey.export({ format: 'jwk' });
    const bytes = (text: string): Buffer => Buffer.from(text, 'base64url');
    return this.algorithm === 'ES256'
      ? new Map<number, Cbor>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, bytes(x!)],
          [-3, bytes(y!)],
        ])
      : new Map<number, Cbor>([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, bytes(x!)],
        ]);
  }

  /** RegistrationResponseJSON for creation options. */
  create(options: { challenge: string; user: { id: string } }, lies: RegistrationLies = {}): Record<string, any> {
    this.userHandle = options.user.id;
    const clientData = this.clientData('webauthn.create', options.challenge, lies);
    const credentialId = lies.credentialId ?? this.credentialId;
    const length = Buffer.alloc(2);
    length.writeUInt16BE(credentialId.length);
    const honest = Buffer.concat([
      this.authenticatorData({ ...lies, flags: lies.flags ?? PRESENT | VERIFIED | ATTESTED }),
      Buffer.alloc(16),
      length,
      credentialId,
      cbor(lies.cose ?? this.cose()),
    ]);
    const authData = lies.authenticatorData?.(honest) ?? honest;
    const format = lies.format ?? 'none';
    const self = new Map<string, Cbor>([
      ['alg', this.algorithm === 'ES256' ? -7 : -8],
      ['sig', this.sign(Buffer.concat([authData, sha256(clientData)]), lies)],
    ]);
    const statement = lies.statement ?? (format === 'packed' ? self : new Map());
    const attestation = cbor(
      new Map<string, Cbor>([
        ['fmt', format],
        ['attStmt', statement],
        ['authData', authData],
      ]),
    );
    const id = lies.id ?? this.id;
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: { credProps: { rk: true } },
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: attestation.toString('base64url'),
        transports: ['internal', 'hybrid', 'telepathy'],
        publicKeyAlgorithm: this.algorithm === 'ES256' ? -7 : -8,
      },
    };
  }

  /** AuthenticationResponseJSON for a challenge. */
  get(challenge: string, lies: Lies = {}): Record<string, any> {
    if (this.counts && lies.signCount === undefined) this.signCount += 1;
    const clientData = this.clientData('webauthn.get', challenge, lies);
    const honest = this.authenticatorData(lies);
    const authenticatorData = lies.authenticatorData?.(honest) ?? honest;
    const signature = this.sign(Buffer.concat([authenticatorData, sha256(clientData)]), lies);
    const id = lies.id ?? this.id;
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: (lies.signature?.(signature) ?? signature).toString('base64url'),
        userHandle: this.userHandle,
      },
    };
  }

  /** The body by which a question is answered. */
  answer(question: Question, change: object = {}, lies: Lies = {}): { passkey: { payload: any; response: any } } {
    const payload = answerPayload(question, change);
    return { passkey: { payload, response: this.get(challengeOf(payload), lies) } };
  }

  private clientData(type: string, challenge: string, lies: Lies): Buffer {
    const honest = JSON.stringify({
      type: lies.type ?? type,
      challenge: lies.challenge ?? challenge,
      origin: lies.origin ?? this.origin,
      crossOrigin: false,
      other_keys_can_be_added_here: 'do not compare clientDataJSON against a template',
      ...lies.clientData,
    });
    return Buffer.from(lies.clientDataText?.(honest) ?? honest);
  }

  private authenticatorData({
    rpId = ORIGIN_HOST,
    flags = PRESENT | VERIFIED,
    signCount = this.signCount,
  }: Lies): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(signCount);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
  }

  private sign(data: Buffer, { signer = this.privateKey }: Lies): Buffer {
    return signer.asymmetricKeyType === 'ed25519' ? sign(null, data, signer) : sign('sha256', data, signer);
  }
}
