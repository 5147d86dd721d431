import { ReplyField } from '../http/fields.js';

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
}

export class DeviceListReply {
  @ReplyField({ type: [ListedDeviceReply], description: 'Oldest first.' }) data: ListedDeviceReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}
