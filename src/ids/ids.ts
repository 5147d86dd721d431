import { randomBytes } from 'node:crypto';
import { fromUUID, toUUIDBytes, typeidUnboxed, type TypeId } from 'typeid-js';

/** What an id may be of: each resource of the API has one prefix. */
export type IdPrefix =
  | 'call'
  | 'ver'
  | 'dev'
  | 'chg'
  | 'cbk'
  | 'rpt'
  | 'cmp'
  | 'ntc'
  | 'whk'
  | 'evt'
  /** A contact point. */
  | 'ctp'
  /** A delivery to a webhook. */
  | 'dlv'
  /** Why something was refused, for developers. */
  | 'trc'
  /** A verdict on a call. */
  | 'vdt'
  /** A subscription to pushes. */
  | 'psub'
  /** A claim file. */
  | 'clm';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** 26 characters of lower-case Crockford base 32; a first one above 7 would not fit in 128 bits. */
const SUFFIX = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** A new id in both its forms: the TypeID that clients see, and the UUIDv7 (RFC 9562) that the database keeps. */
export function newId(prefix: IdPrefix): { id: string; uuid: string } {
  const id = typeidUnboxed(prefix);
  return { id, uuid: uuidOf(id) };
}

/** A new id of this moment, in milliseconds since 1970: where the process's own clock, which may be off, is not to be asked. */
export function newIdAt(prefix: IdPrefix, milliseconds: number): { id: string; uuid: string } {
  const hex = Math.floor(milliseconds).toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  const variant = ((parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  return { id: toTypeId(prefix, uuid), uuid };
}

/** The moment that a UUIDv7 names (RFC 9562 section 5.7), in milliseconds since 1970. */
export function momentOf(uuid: string): number {
  return parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}

/**
 * The TypeID (specification 0.3) of a UUID, such as `call_01h455vb4pex5vsknk084sn02q`.
 *
 * @throws TypeError unless the UUID is in its lower-case form with hyphens, as PostgreSQL gives it.
 */
export function toTypeId(prefix: IdPrefix, uuid: string): string {
  if (!UUID.test(uuid)) throw new TypeError('not a UUID in canonical form');
  return fromUUID(uuid, prefix);
}

/**
 * The UUID in a TypeID of this prefix, in lower case with hyphens; or null for another prefix and for anything but the
 * canonical form: upper case, other lengths, other letters, more than 128 bits. Takes any version of UUID.
 */
export function fromTypeId(prefix: IdPrefix, text: string): string | null {
  const start = `${prefix}_`;
  if (!text.startsWith(start) || !SUFFIX.test(text.slice(start.length))) return null;
  return uuidOf(text as TypeId<IdPrefix>);
}

// Not the library's `toUUID`, which throws for a UUID of a version that RFC 9562 does not define.
function uuidOf(id: TypeId<IdPrefix>): string {
  const hex = Buffer.from(toUUIDBytes(id)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
