import { Answer, JsonObject, OneOf, Pattern, Text } from '../http/fields.js';

const P256_EXAMPLE = {
  kty: 'EC',
  crv: 'P-256',
  x: 'FUmY4Y0vDDc7KBMbVP3eZ4O9YDXyn8l4nmoGfFWgI2g',
  y: 's3QAj2-wLaVFMcV65xs2AHreOh2h-J7QFPHeZLydSs0',
};
const PROOF_EXAMPLE =
  'eyJhbGciOiJFUzI1NiIsInR5cCI6ImVucm9sbWVudCtqd3MifQ.eyJjdXN0b21lciI6ImN1c3QtMTAwMSIsImF1ZCI6InVybjpjb3VudGVyc2lnbiIsImlhdCI6MTc2OTg1MTgyMCwianRpIjoiNWYwYzJkMGUtOGEzNS00ZjBlLTlkNTEtMWYyZjRhMGM3YjExIn0.UJ02ZUeqJM9XwKptMFfXr2Xysgn6980jeE3CgyQlRrTFPrX0IsZq8Db28J7unxKV_F7wDSp-SvBLcCiJ8jiDLA';

export class EnrolDeviceDto {
  @Text({ maxLength: 64, description: 'What the customer calls it.', example: 'My phone' }) name: string;
  @OneOf(['ios', 'android', 'web'], { description: 'Where the key lives.', example: 'android' }) platform: string;
  @JsonObject({ description: 'Public JWK, P-256 or Ed25519.', example: P256_EXAMPLE }) publicKey: object;
  @JsonObject({
    optional: true,
    description: 'Public JWK, P-256, to which the offline secrets are encrypted.',
    example: P256_EXAMPLE,
  })
  encryptionKey?: object;
  @Pattern(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, {
    maxLength: 8192,
    says: 'a compact JWS',
    description:
      'Compact JWS by that key: header `{ alg, typ: "enrolment+jws" }`, payload `{ customer, aud: "urn:countersign", iat, jti }`, at most 60 s old; `jti` counts once.',
    example: PROOF_EXAMPLE,
  })
  proof: string;
}

export class EnrolledDeviceAnswer {
  @Answer({ type: 'string', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'RFC 7638, SHA-256.', example: '1PkT5bpjD8jQRZdkQ8-UfcemK1BP1Z59KbiIEKe7IOg' })
  keyThumbprint: string;
  @Answer({ type: 'string', format: 'date-time' }) enrolledAt: string;
  @Answer({
    type: 'string',
    format: 'date-time',
    description: 'Until then it is a new device: it answers, with the finding `new_device`, and vouches for no change.',
  })
  trustedFrom: string;
  @Answer({
    type: 'string',
    required: false,
    description:
      'Compact JWE to `encryptionKey` with the TOTP secrets `bankProof` and `customerProof` (base 32; RFC 6238: SHA-1, 6 digits, 30 s).',
  })
  offline?: string;
}

class ListedDeviceAnswer {
  @Answer({ type: 'string', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', nullable: true, example: 'My phone' }) name: string | null;
  @Answer({ type: 'string', enum: ['ios', 'android', 'web'] }) platform: string;
  @Answer({ type: 'string', example: '1PkT5bpjD8jQRZdkQ8-UfcemK1BP1Z59KbiIEKe7IOg' }) keyThumbprint: string;
  @Answer({ type: 'string', format: 'date-time' }) enrolledAt: string;
  @Answer({ type: 'string', format: 'date-time' }) trustedFrom: string;
  @Answer({ type: 'string', format: 'date-time', nullable: true }) revokedAt: string | null;
  @Answer({ type: 'boolean', description: 'Whether it can prove itself without a data connection.' }) offline: boolean;
}

export class DeviceListAnswer {
  @Answer({ type: [ListedDeviceAnswer], description: 'Oldest first.' }) data: ListedDeviceAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}
