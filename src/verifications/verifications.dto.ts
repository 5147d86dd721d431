import { JsonObject, OneOf, Pattern } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { type Status, STATUSES } from './verification.machine.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

export class VerificationQuery extends PageQuery {
  @OneOf(STATUSES, { optional: true, description: 'Only those in this status.', example: 'waiting' }) status?: Status;
}

export class VerificationListQuery extends VerificationQuery {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's. Required of an agent.",
    example: 'cust-1001',
  })
  customerId?: string;
}

const ANSWER_EXAMPLE =
  'eyJhbGciOiJFUzI1NiIsImtpZCI6ImRldl8wMWpkM2Y2cTh6ZmsxcnoxbTN2OXcxYzJhYSIsInR5cCI6ImFuc3dlcitqd3MifQ.eyJ2ZXJpZmljYXRpb24iOiJ2ZXJfMDFqZDNmNnE4emZrMXJ6MW0zdjl3MWMyYWEiLCJjaGFsbGVuZ2UiOiJCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVRkJRVUZCUVVGQlFVIiwiZGlzcGxheSI6IjU4TkRpMXBxVjhBZWNBR2xNR2Y0ckx2ZmZ6RjNRcnlUWXRQUWZiTFRTaWsiLCJhbnN3ZXIiOiJ5ZXMiLCJjb2RlIjoiNDgxMjA1IiwiaGFuZHNldCI6eyJpbkNhbGwiOnRydWUsIm91dGdvaW5nIjpmYWxzZX0sImlhdCI6MTc2OTg1MTgyMH0.mggmthjfiddYhM8scV6iKsKgAXGC9TQ1itKkWFDvNRST71Aa-uewlPtM4Bt4R6NfoFOtHPIVVrJupiWALLESDQ';

export class AnswerDto {
  @Pattern(/^[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*$/, {
    maxLength: 8192,
    optional: true,
    says: 'a compact JWS',
    description:
      'Compact JWS by an enrolled device. Header `{ alg: "ES256"|"EdDSA", kid: <device id>, typ: "answer+jws" }`; payload `{ verification, challenge, display: base64url(SHA-256(JCS(display))), answer: "yes"|"no", reason?, code?, handset?: { inCall, outgoing?, medium?: "cellular"|"voip"|"unknown" }, iat }`.',
    example: ANSWER_EXAMPLE,
  })
  jws?: string;
  @JsonObject({
    optional: true,
    description:
      'In place of `jws`: `{ payload, response }`. `payload` is the JSON object that a JWS would sign; `response` the AuthenticationResponseJSON (as `PublicKeyCredential.toJSON()` gives it) of an assertion whose challenge is SHA-256 over the canonical JSON (RFC 8785) of `payload`, with the user verified.',
  })
  passkey?: object;
}
