import { Answer, JsonObject, OneOf, Pattern, Text } from '../platform/fields.js';

const P256_EXAMPLE = { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0' };

export class EnrolDeviceDto {
  @Text({ maxLength: 64, description: 'What the customer calls it.', example: 'My phone' }) name: string;
  @OneOf(['ios', 'android', 'web'], { description: 'Where the key lives.' }) platform: string;
  @JsonObject({ description: 'Public JWK, P-256 or Ed25519.', example: P256_EXAMPLE }) publicKey: object;
  @JsonObject({ optional: true, description: 'Public JWK, P-256, to which the offline secrets are encrypted.', example: P256_EXAMPLE }) encryptionKey?: object;
  @Pattern(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, {
    maxLength: 8192, says: 'a compact JWS',
    description: 'Compact JWS by that key: header `{ alg, typ: "enrolment+jws" }`, payload `{ customer, aud: "urn:countersign", iat, jti }`, at most 60 s old; `jti` counts once.',
  }) proof: string;
}

export class EnrolledDeviceAnswer {
  @Answer({ type: 'string', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'RFC 7638, SHA-256.', example: 'oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U' }) keyThumbprint: string;
  @Answer({ type: 'string', format: 'date-time' }) enrolledAt: string;
  @Answer({ type: 'string', format: 'date-time', description: 'Until then it is a new device: it answers, with the finding `new_device`, and vouches for no change.' }) trustedFrom: string;
  @Answer({ type: 'string', required: false, description: 'Compact JWE to `encryptionKey` with the TOTP secrets `bankProof` and `customerProof` (base 32; RFC 6238: SHA-1, 6 digits, 30 s).' }) offline?: string;
}

class ListedDeviceAnswer {
  @Answer({ type: 'string', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', nullable: true, example: 'My phone' }) name: string | null;
  @Answer({ type: 'string', enum: ['ios', 'android', 'web'] }) platform: string;
  @Answer({ type: 'string' }) keyThumbprint: string;
  @Answer({ type: 'string', format: 'date-time' }) enrolledAt: string;
  @Answer({ type: 'string', format: 'date-time' }) trustedFrom: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) revokedAt: string | null;
  @Answer({ type: 'boolean', description: 'Whether it can prove itself without a data connection.' }) offline: boolean;
}

export class DeviceListAnswer {
  @Answer({ type: [ListedDeviceAnswer] }) data: ListedDeviceAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}
