import { Nested, OneOf, Pattern } from '../http/fields.js';
import { PUSH_KINDS, type PushKind } from './push-transport.js';

class WebPushKeysDto {
  @Pattern(/^[A-Za-z0-9_-]+$/, {
    maxLength: 100,
    says: 'base64url without padding',
    description: "The browser's public key, base64url (RFC 8291).",
    example: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  })
  p256dh: string;
  @Pattern(/^[A-Za-z0-9_-]+$/, {
    maxLength: 50,
    says: 'base64url without padding',
    description: 'The secret that goes with it, base64url.',
    example: 'BTBZMqHH6r4Tts7J_aSIgg',
  })
  auth: string;
}

export class SubscribeDto {
  @OneOf(PUSH_KINDS, { description: 'Which way it is pushed.', example: 'webpush' }) kind: PushKind;
  @Pattern(/^https?:\/\/[\x21-\x7e]+$/, {
    maxLength: 2048,
    optional: true,
    says: 'an https URL',
    description: 'Of `webpush`: where the browser says that pushes go.',
    example: 'https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV',
  })
  endpoint?: string;
  @Nested(() => WebPushKeysDto, { optional: true, description: 'Of `webpush`: what pushes are encrypted to.' })
  keys?: WebPushKeysDto;
  @Pattern(/^[A-Za-z0-9:_-]+$/, {
    maxLength: 4096,
    optional: true,
    says: 'a registration token',
    description: 'Of `fcm`: the registration token. Of `apns`: the device token, in hex.',
  })
  token?: string;
  @Pattern(/^[A-Za-z0-9.-]+$/, {
    maxLength: 255,
    optional: true,
    says: 'the id of an app',
    description: 'Of `apns`: which app, where the bank has several.',
  })
  topic?: string;
}
