import { JsonObject, OneOf, Pattern, Text } from '../http/fields.js';

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
  @JsonObject({
    optional: true,
    description: 'Public JWK, P-256 or Ed25519. With `proof`, or else `passkey`.',
    example: P256_EXAMPLE,
  })
  publicKey?: object;
  @JsonObject({
    optional: true,
    description: 'Public JWK, P-256, to which the offline secrets are encrypted.',
    example: P256_EXAMPLE,
  })
  encryptionKey?: object;
  @Pattern(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, {
    maxLength: 8192,
    optional: true,
    says: 'a compact JWS',
    description:
      'Compact JWS by that key: header `{ alg, typ: "enrolment+jws" }`, payload `{ customer, aud: "urn:countersign", iat, jti }`, at most 60 s old; `jti` counts once.',
    example: PROOF_EXAMPLE,
  })
  proof?: string;
  @JsonObject({
    optional: true,
    description:
      'In place of `publicKey` and `proof`, for platform `web`: the RegistrationResponseJSON that a browser made from `POST …/devices/passkey-options`, as `PublicKeyCredential.toJSON()` gives it. Its members that prove nothing are not read.',
  })
  passkey?: object;
}
