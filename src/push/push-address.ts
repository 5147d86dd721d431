import type { PushConfig } from '../config/push-settings.js';
import { decodeBase64url } from '../crypto/base64url.js';
import { DeviceKeyRefused, parseDevicePublicKey } from '../crypto/device-key.js';
import type { EgressGuard } from '../outbound/egress-guard.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import type { PushAddress, PushKind } from './push-transport.js';

/** A subscription as it was asked for. */
export interface GivenSubscription {
  readonly kind: PushKind;
  readonly endpoint?: string;
  readonly keys?: { readonly p256dh: string; readonly auth: string };
  readonly token?: string;
  readonly topic?: string;
}

const MEMBERS = {
  webpush: ['kind', 'endpoint', 'keys'],
  fcm: ['kind', 'token'],
  apns: ['kind', 'token', 'topic'],
} as const satisfies Readonly<Record<PushKind, readonly string[]>>;
const REQUIRED = { webpush: ['endpoint', 'keys'], fcm: ['token'], apns: ['token'] } as const;
const AUTH_BYTES = 16;
const POINT_BYTES = 65;

/**
 * The address that a subscription gives.
 * @throws Refusal 400 for one of another form, 422 where this way is off, and where the address may not be reached from here.
 */
export function readAddress(given: GivenSubscription, config: PushConfig, egress: EgressGuard): PushAddress {
  requireMembers(given);
  const { kind, endpoint, keys, token, topic } = given;
  switch (kind) {
    case 'webpush':
      if (!config.webPush) throw new Refusal('push-unavailable');
      requireKeys(keys!);
      requireEndpoint(endpoint!, egress);
      return { kind, endpoint: endpoint!, keys: { p256dh: keys!.p256dh, auth: keys!.auth } };
    case 'fcm':
      if (!config.fcm) throw new Refusal('push-unavailable');
      return { kind, token: token! };
    case 'apns':
      if (!config.apns) throw new Refusal('push-unavailable');
      if (!/^([0-9a-f]{2}){32,100}$/i.test(token!)) throw invalidField('#/token', 'must be a device token in hex');
      if (topic !== undefined && !config.apns.topics.includes(topic))
        throw invalidField('#/topic', 'must be one of the apps of this bank');
      return { kind, token: token!.toLowerCase(), topic: topic ?? config.apns.topics[0]! };
    default:
      throw new TypeError('unknown kind of push');
  }
}

function requireMembers(given: GivenSubscription): void {
  const own: readonly string[] = MEMBERS[given.kind];
  const named = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const errors = [
    ...named
      .filter((name) => !own.includes(name))
      .map((name) => [name, `must not be given for ${given.kind}`] as const),
    ...REQUIRED[given.kind].filter((name) => !named.includes(name)).map((name) => [name, 'must be given'] as const),
  ];
  if (errors.length > 0)
    throw new Refusal('invalid-request', {
      errors: errors.map(([name, detail]) => ({ pointer: `#/${name}`, detail })),
    });
}

/** RFC 8291, section 2: an uncompressed point on P-256, and 16 bytes. */
function requireKeys({ p256dh, auth }: { p256dh: string; auth: string }): void {
  const point = decodeBase64url(p256dh);
  if (point?.length !== POINT_BYTES || point[0] !== 4 || !isOnCurve(point))
    throw invalidField('#/keys/p256dh', 'must be a P-256 point, uncompressed, base64url');
  if (decodeBase64url(auth)?.length !== AUTH_BYTES) throw invalidField('#/keys/auth', 'must be 16 bytes, base64url');
}

function isOnCurve(point: Buffer): boolean {
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  try {
    parseDevicePublicKey({ kty: 'EC', crv: 'P-256', x, y }, 'encryption');
    return true;
  } catch (error) {
    if (error instanceof DeviceKeyRefused) return false;
    throw error;
  }
}

function requireEndpoint(endpoint: string, egress: EgressGuard): void {
  const fault = egress.faultOf(endpoint);
  if (fault !== null)
    throw new Refusal('push-subscription-refused', { errors: [{ pointer: '#/endpoint', detail: fault }] });
}
