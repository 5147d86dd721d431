/** What is known of an answer that was not accepted, when somebody asks why. */
export interface DiagnosisFacts {
  readonly failed: 'device' | Exclude<Check, `device_${string}`>;
  /** Whether the header named a device at all. */
  readonly namesDevice: boolean;
  readonly deviceKnown: boolean;
  /** Of the customer who was asked. */
  readonly deviceOfCustomer: boolean;
  readonly deviceRevoked: boolean;
}

/** Which check of an answer failed, and what to do about it, for the developers of an app. In the order of the checks. */
export const CHECKS = {
  device_not_named:
    'The header must have exactly `alg`, `kid` and `typ`, and `kid` must be the id of a device, such as `dev_…`.',
  device_unknown: 'No device of this tenant has the id in `kid`: use the `id` that the enrolment answered with.',
  device_of_another_customer: 'The device in `kid` is enrolled, but for another customer than the one who is asked.',
  device_revoked: 'The device in `kid` was revoked. Enrol it again, with a new key.',
  passkey: 'No passkey with the `id` in `response` is enrolled for the customer who is asked, or it was revoked.',
  malformed:
    'Not a compact JWS: three segments of base64url without padding, 8 kB at most. Of a passkey: `authenticatorData` has another form than that of an assertion, or more than its extensions.',
  header: 'The header’s `typ` must be `answer+jws`.',
  algorithm: 'The `alg` must be the one of the enrolled key: ES256 for P-256, EdDSA for Ed25519.',
  client_data:
    'The passkey’s `clientDataJSON` must be one JSON object with type `webauthn.get`, as `navigator.credentials.get` makes it.',
  asserted_payload:
    'The challenge that the passkey signed is not SHA-256 of the canonical JSON (RFC 8785) of `payload`, as it was sent.',
  origin: 'The page is of an origin that is none of `passkeys.origins` of the tenant in TENANTS.',
  cross_origin: 'The passkey was asked from within a frame of another origin.',
  rp_id: 'The passkey was made, or has signed, for another domain than `passkeys.rpId` of the tenant in TENANTS.',
  user_verification: 'The passkey’s user was not verified: ask with `userVerification: "required"`.',
  sign_count: 'The passkey’s counter was seen before: it is a copy, or an answer came again.',
  signature:
    'The signature does not verify by the enrolled key: 64 bytes, R and S for ES256 and never DER, over exactly the header and payload that were sent.',
  payload: 'The payload must be one JSON object in UTF-8, with no member twice.',
  shape: 'The payload has a member that is missing, unknown or of another form: see the API guide.',
  verification: 'The payload’s `verification` is not the id in the address.',
  challenge: 'The payload’s `challenge` is not the one that the verification shows now.',
  display:
    'The payload’s `display` must be base64url of SHA-256 of the canonical JSON (RFC 8785) of `display`, exactly as the verification shows it now.',
  issued_at:
    'The payload’s `iat` is before the verification or ahead of this service’s clock: seconds since 1970, by a clock that is right.',
} as const satisfies Record<string, string>;

export type Check = keyof typeof CHECKS;

/** The check that failed. The device is told apart only here: whoever sent the answer learns nothing of it. */
export function diagnose({ failed, namesDevice, deviceKnown, deviceOfCustomer, deviceRevoked }: DiagnosisFacts): Check {
  if (failed !== 'device') return failed;
  if (!namesDevice) return 'device_not_named';
  if (!deviceKnown) return 'device_unknown';
  if (!deviceOfCustomer) return 'device_of_another_customer';
  return deviceRevoked ? 'device_revoked' : 'device_unknown';
}
