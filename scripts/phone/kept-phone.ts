import {
  offlineCode,
  type OfflineKeys,
  openOfflineKeys,
  type SigningKey,
  signJws,
  webCryptoKey,
} from '@countersign/device';
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** A device with its private keys, as the command line keeps it; a real phone has no such thing. */
export interface SavedPhone {
  readonly id: string;
  readonly customerId: string;
  readonly algorithm: 'ES256' | 'EdDSA';
  readonly signingKey: JWK;
  readonly publicKey: JWK;
  readonly decryptionKey: JWK;
  readonly encryptionKey: JWK;
  /** The offline secrets as the enrolment gave them, encrypted. */
  readonly offline: string | null;
}

/** What is posted to enrol a device by its key. */
export interface EnrolmentBody {
  readonly name: string;
  readonly platform: 'android';
  readonly publicKey: JWK;
  readonly encryptionKey: JWK;
  readonly proof: string;
}

/** A customer's phone whose keys can be taken out, because the command line keeps them in a file. */
export class KeptPhone {
  id = '';
  private offline: string | null = null;

  constructor(
    readonly customerId: string,
    protected readonly algorithm: 'ES256' | 'EdDSA',
    private readonly signingKey: Key,
    readonly publicKey: JWK,
    private readonly decryptionKey: Key,
    readonly encryptionKey: JWK,
  ) {}

  static async make<Phone extends KeptPhone>(
    this: new (...parts: ConstructorParameters<typeof KeptPhone>) => Phone,
    customerId: string,
    algorithm: 'ES256' | 'EdDSA' = 'ES256',
  ): Promise<Phone> {
    const signing = await generateKeyPair(algorithm, { extractable: true });
    const encryption = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    return new this(
      customerId,
      algorithm,
      signing.privateKey,
      await exportJWK(signing.publicKey),
      encryption.privateKey,
      await exportJWK(encryption.publicKey),
    );
  }

  static async restore(saved: SavedPhone): Promise<KeptPhone> {
    const { customerId, algorithm, publicKey, encryptionKey } = saved;
    const signingKey = (await importJWK(saved.signingKey, algorithm, { extractable: true })) as Key;
    const decryptionKey = (await importJWK(saved.decryptionKey, 'ECDH-ES', { extractable: true })) as Key;
    const phone = new KeptPhone(customerId, algorithm, signingKey, publicKey, decryptionKey, encryptionKey);
    phone.enrolled(saved);
    return phone;
  }

  async save(): Promise<SavedPhone> {
    const { id, customerId, algorithm, publicKey, encryptionKey, offline } = this;
    return {
      id,
      customerId,
      algorithm,
      signingKey: await exportJWK(this.signingKey),
      publicKey,
      decryptionKey: await exportJWK(this.decryptionKey),
      encryptionKey,
      offline,
    };
  }

  async enrolmentBody(name = 'My phone'): Promise<EnrolmentBody> {
    const { publicKey, encryptionKey } = this;
    return { name, platform: 'android', publicKey, encryptionKey, proof: await this.enrolmentProof() };
  }

  /** Keeps what the bank gave back for an enrolment. */
  enrolled({ id, offline = null }: { readonly id: string; readonly offline?: string | null }): void {
    this.id = id;
    this.offline = offline;
  }

  /** What the device kit answers by. */
  get answerer(): { readonly id: string; readonly key: SigningKey } {
    return { id: this.id, key: this.key };
  }

  /** @param claims in place of what the kit would put there, for what is to be refused. */
  enrolmentProof(claims: object = {}): Promise<string> {
    const iat = Math.floor(Date.now() / 1000);
    const payload = { customer: this.customerId, aud: 'urn:countersign', iat, jti: randomUUID(), ...claims };
    return this.sign({ alg: this.algorithm, typ: 'enrolment+jws' }, payload);
  }

  /** The code that the app shows without a connection. */
  async offlineCode(of: keyof OfflineKeys, at = new Date()): Promise<string> {
    const keys = await openOfflineKeys(this.offline!, this.decryptionKey);
    return (await offlineCode(keys[of], at.getTime())).code;
  }

  sign(header: object, payload: object): Promise<string> {
    return signJws(this.key, header, payload);
  }

  private get key(): SigningKey {
    return webCryptoKey({ privateKey: this.signingKey, publicKey: this.signingKey });
  }
}
