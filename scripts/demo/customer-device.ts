import { createHash, randomUUID } from 'node:crypto';
import canonicalize from 'canonicalize';
import { compactDecrypt, CompactSign, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { generateSync } from 'otplib';
import type { Reply, ServiceClient } from './service-client.js';

type Key = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** What the app was given to show. */
export interface Question {
  readonly id: string;
  readonly challenge: string;
  readonly display: object;
  readonly asks: readonly string[];
}

export interface CustomerAnswer {
  readonly answer: 'yes' | 'no';
  readonly code?: string;
  readonly reason?: string;
  readonly handset?: {
    readonly inCall: boolean;
    readonly outgoing?: boolean;
    readonly medium?: 'cellular' | 'voip' | 'unknown';
  };
}

/** A device with its private keys, as the command line keeps it; a real phone has no such thing. */
export interface SavedDevice {
  readonly id: string;
  readonly customerId: string;
  readonly algorithm: 'ES256' | 'EdDSA';
  readonly signingKey: JWK;
  readonly publicKey: JWK;
  readonly decryptionKey: JWK;
  readonly encryptionKey: JWK;
  readonly offline: { readonly bankProof: string; readonly customerProof: string } | null;
}

/** A customer's phone as a bank's app would be written: its private keys never leave it. */
export class CustomerDevice {
  id = '';
  private offline: { bankProof: string; customerProof: string } | null = null;

  private constructor(
    readonly customerId: string,
    private readonly algorithm: 'ES256' | 'EdDSA',
    private readonly signingKey: Key,
    readonly publicKey: JWK,
    private readonly decryptionKey: Key,
    readonly encryptionKey: JWK,
  ) {}

  static async make(customerId: string, algorithm: 'ES256' | 'EdDSA' = 'ES256'): Promise<CustomerDevice> {
    const signing = await generateKeyPair(algorithm, { extractable: true });
    const encryption = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
    return new CustomerDevice(
      customerId,
      algorithm,
      signing.privateKey,
      await exportJWK(signing.publicKey),
      encryption.privateKey,
      await exportJWK(encryption.publicKey),
    );
  }

  static async restore(saved: SavedDevice): Promise<CustomerDevice> {
    const signingKey = (await importJWK(saved.signingKey, saved.algorithm, { extractable: true })) as Key;
    const decryptionKey = (await importJWK(saved.decryptionKey, 'ECDH-ES', { extractable: true })) as Key;
    const device = new CustomerDevice(
      saved.customerId,
      saved.algorithm,
      signingKey,
      saved.publicKey,
      decryptionKey,
      saved.encryptionKey,
    );
    device.id = saved.id;
    device.offline = saved.offline;
    return device;
  }

  async save(): Promise<SavedDevice> {
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

  /** Enrols at the bank and keeps the offline secrets that come back encrypted. */
  async enrol(app: ServiceClient, name = 'My phone'): Promise<Reply> {
    const reply = await app.post(`/v1/customers/${this.customerId}/devices`, {
      name,
      platform: 'android',
      publicKey: this.publicKey,
      encryptionKey: this.encryptionKey,
      proof: await this.enrolmentProof(),
    });
    if (reply.status === 201) {
      this.id = reply.body.id;
      const { plaintext } = await compactDecrypt(reply.body.offline, this.decryptionKey);
      this.offline = JSON.parse(Buffer.from(plaintext).toString('utf8'));
    }
    return reply;
  }

  enrolmentProof(claims: object = {}): Promise<string> {
    return this.sign(
      { alg: this.algorithm, typ: 'enrolment+jws' },
      {
        customer: this.customerId,
        aud: 'urn:countersign',
        iat: Math.floor(Date.now() / 1000),
        jti: randomUUID(),
        ...claims,
      },
    );
  }

  /** Signs exactly what was shown together with the customer's answer. */
  signAnswer(question: Question, answer: CustomerAnswer, claims: object = {}): Promise<string> {
    const display = createHash('sha256').update(canonicalize(question.display)!).digest('base64url');
    return this.sign(
      { alg: this.algorithm, kid: this.id, typ: 'answer+jws' },
      {
        verification: question.id,
        challenge: question.challenge,
        display,
        ...answer,
        iat: Math.floor(Date.now() / 1000),
        ...claims,
      },
    );
  }

  async answer(app: ServiceClient, question: Question, answer: CustomerAnswer): Promise<Reply> {
    return app.post(`/v1/verifications/${question.id}/answer`, { jws: await this.signAnswer(question, answer) });
  }

  /** What waits for the customer, or null. */
  async waitingQuestion(app: ServiceClient): Promise<Question | null> {
    const { body } = await app.get(`/v1/customers/${this.customerId}/verifications?status=waiting`);
    return body.data[0] ?? null;
  }

  /** The code that the app shows without a connection. */
  offlineCode(of: 'bankProof' | 'customerProof', at = new Date()): string {
    return generateSync({
      secret: this.offline![of],
      epoch: Math.floor(at.getTime() / 1000),
      algorithm: 'sha1',
      digits: 6,
      period: 30,
    });
  }

  sign(header: object, payload: object): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(payload)))
      .setProtectedHeader(header as { alg: string })
      .sign(this.signingKey);
  }
}
