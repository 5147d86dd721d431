import { ReplyField } from '../http/fields.js';

class PasskeyReply {
  @ReplyField({ type: 'string', description: 'For `allowCredentials`; base64url.', example: 'zKq3Qw8mTg6n0h1uXcVb2A' })
  credentialId: string;
  @ReplyField({ type: 'string', description: 'The domain that it is for.', example: 'bank.example' }) rpId: string;
  @ReplyField({ type: [String], description: 'How the browser may reach it.', example: ['internal'] })
  transports: readonly string[];
}

class RelyingPartyReply {
  @ReplyField({ type: 'string', example: 'bank.example' }) id: string;
  @ReplyField({ type: 'string', example: 'North Bank' }) name: string;
}

class PasskeyUserReply {
  @ReplyField({
    type: 'string',
    description: 'The user handle, base64url: the same for this customer each time, and no personal data.',
    example: '9vXbL0bJmKkq3m1l0QJ7S2J5m3y8Z0a1b2c3d4e5f6g',
  })
  id: string;
  @ReplyField({
    type: 'string',
    description: 'What the browser lists it under; a page may put what the customer knows themselves by in its place.',
    example: 'North Bank',
  })
  name: string;
  @ReplyField({ type: 'string', example: 'North Bank' }) displayName: string;
}

class PasskeyAlgorithmReply {
  @ReplyField({ type: 'string', enum: ['public-key'] }) type: string;
  @ReplyField({ type: 'integer', enum: [-7, -8], description: '-7 is ES256, -8 is EdDSA.' }) alg: number;
}

class AuthenticatorSelectionReply {
  @ReplyField({ type: 'string', enum: ['preferred'] }) residentKey: string;
  @ReplyField({ type: 'boolean', enum: [false] }) requireResidentKey: boolean;
  @ReplyField({ type: 'string', enum: ['required'] }) userVerification: string;
}

class ExcludedCredentialReply {
  @ReplyField({ type: 'string', enum: ['public-key'] }) type: string;
  @ReplyField({ type: 'string', example: 'zKq3Qw8mTg6n0h1uXcVb2A' }) id: string;
  @ReplyField({ type: [String], example: ['internal'] }) transports: readonly string[];
}

export class PasskeyOptionsReply {
  @ReplyField({ type: RelyingPartyReply }) rp: RelyingPartyReply;
  @ReplyField({ type: PasskeyUserReply }) user: PasskeyUserReply;
  @ReplyField({
    type: 'string',
    description: 'For this customer, for five minutes, once; base64url.',
    example: 'q1w2e3r4t5y6u7i8o9p0a1s2d3f4g5h6j7k8l9zAaBcDEFGH',
  })
  challenge: string;
  @ReplyField({ type: [PasskeyAlgorithmReply], description: 'ES256 and EdDSA.' })
  pubKeyCredParams: readonly PasskeyAlgorithmReply[];
  @ReplyField({ type: 'integer', description: 'Milliseconds.', example: 300_000 }) timeout: number;
  @ReplyField({ type: 'string', enum: ['none'] }) attestation: string;
  @ReplyField({ type: AuthenticatorSelectionReply }) authenticatorSelection: AuthenticatorSelectionReply;
  @ReplyField({ type: [ExcludedCredentialReply], description: 'The passkeys that this customer has.' })
  excludeCredentials: readonly ExcludedCredentialReply[];
}

export class EnrolledDeviceReply {
  @ReplyField({ type: 'string', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({
    type: 'string',
    description: 'RFC 7638, SHA-256.',
    example: '1PkT5bpjD8jQRZdkQ8-UfcemK1BP1Z59KbiIEKe7IOg',
  })
  keyThumbprint: string;
  @ReplyField({ type: 'string', format: 'date-time' }) enrolledAt: string;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    description: 'Until then it is a new device: it answers, with the finding `new_device`, and vouches for no change.',
  })
  trustedFrom: string;
  @ReplyField({
    type: 'string',
    required: false,
    description:
      'Compact JWE to `encryptionKey` with the TOTP secrets `bankProof` and `customerProof` (base 32; RFC 6238: SHA-1, 6 digits, 30 s).',
  })
  offline?: string;
  @ReplyField({ type: PasskeyReply, required: false, description: 'Where the key is a passkey.' })
  passkey?: PasskeyReply;
}

class ListedDeviceReply {
  @ReplyField({ type: 'string', example: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @ReplyField({ type: 'string', nullable: true, example: 'My phone' }) name: string | null;
  @ReplyField({ type: 'string', enum: ['ios', 'android', 'web'] }) platform: string;
  @ReplyField({ type: 'string', example: '1PkT5bpjD8jQRZdkQ8-UfcemK1BP1Z59KbiIEKe7IOg' }) keyThumbprint: string;
  @ReplyField({ type: 'string', format: 'date-time' }) enrolledAt: string;
  @ReplyField({ type: 'string', format: 'date-time' }) trustedFrom: string;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true }) revokedAt: string | null;
  @ReplyField({ type: 'boolean', description: 'Whether it can prove itself without a data connection.' })
  offline: boolean;
  @ReplyField({ type: PasskeyReply, nullable: true, description: 'Null where the key is not a passkey.' })
  passkey: PasskeyReply | null;
}

export class DeviceListReply {
  @ReplyField({ type: [ListedDeviceReply], description: 'Oldest first.' }) data: ListedDeviceReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}
