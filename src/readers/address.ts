import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import { standsForItself } from './text.js';

/** One e-mail address. */
export interface EmailAddress {
  /** As it was written: who tells upper from lower case there is the host's to say (RFC 5321 section 2.4). */
  readonly local: string;
  /** In ASCII and lower case, other scripts in punycode (UTS #46), or an IP address in brackets. */
  readonly host: string;
}

/** An address with the name that a mail program shows in its stead. */
export interface Mailbox extends EmailAddress {
  /** Decoded; null where there is none. */
  readonly name: string | null;
}

const MOST_CHARACTERS = 1_000;
const MOST_LOCAL_OCTETS = 64;
const MOST_HOST_OCTETS = 253;

/** RFC 5322 `atext`, and the letters of RFC 6532 that are seen. */
const ATEXT =
  "(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|(?!\\p{Default_Ignorable_Code_Point})[^\\p{ASCII}\\p{C}\\p{Z}\\u2800])";
const LOCAL = new RegExp(`^(?:${ATEXT}+(?:\\.${ATEXT}+)*|"(?:[\\x20!#-\\[\\]-~]|\\\\[\\x20-\\x7e])*")$`, 'u');
const ASCII = /^[\x21-\x7e]+$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * Reads exactly one address and nothing else: `addr-spec` of RFC 5322 without comments, folding and what is obsolete.
 * Null for anything else, and for a host that is not written as it is shown: in another width, with other dots, with
 * something invisible in it.
 */
export function readEmailAddress(text: string): EmailAddress | null {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  if (
    text.length > MOST_CHARACTERS ||
    !LOCAL.test(local) ||
    !standsForItself(local) ||
    Buffer.byteLength(local) > MOST_LOCAL_OCTETS
  )
    return null;
  const written = text.slice(at + 1);
  const host = readHost(written) ?? readLiteral(written);
  return host === null ? null : { local, host };
}

/** The address in the form in which two are the same: upper and lower case of ASCII are one in the local part too. */
export function addressKey({ local, host }: EmailAddress): string {
  return `${local.normalize('NFC').replace(/[A-Z]/g, (letter) => letter.toLowerCase())}@${host}`;
}

/** The host of an address as its own script writes it. */
export function unicodeHost({ host }: EmailAddress): string {
  return domainToUnicode(host) || host;
}

/** A host name of two labels or more, in ASCII; null where it is none or is written otherwise than it reads. */
function readHost(written: string): string | null {
  const host = domainToASCII(written);
  const labels = host.split('.');
  if (
    host.length > MOST_HOST_OCTETS ||
    labels.length < 2 ||
    !labels.every((label) => LABEL.test(label)) ||
    /^\d+$/.test(labels.at(-1)!)
  )
    return null;
  if (ASCII.test(written)) return written.toLowerCase() === host ? host : null;
  return standsForItself(written) && written.toLowerCase().normalize('NFC') === domainToUnicode(host) ? host : null;
}

function readLiteral(written: string): string | null {
  const address = /^\[(?:IPv6:)?([0-9a-f.:]+)\]$/i.exec(written)?.[1];
  return address !== undefined && isIP(address) !== 0 ? written.toLowerCase() : null;
}

const QUOTED = '"(?:[^"\\\\]|\\\\[^])*"';
const WITH_NAME = new RegExp(`^((?:${QUOTED}|[^"<>])*)<([^<>]*)>$`, 'su');
/** Anything but what parts addresses, opens a group, or could end a quotation. */
const WORDS = new RegExp(`^(?:${QUOTED}|[^"<>,:;\\\\\\p{Cc}])*$`, 'u');
const COMMENTED = /^(\S+)[ \t]+\(([^()\\]*)\)$/u;

/**
 * Reads exactly one mailbox: an address, one in angle brackets with or without a name before it, or one with a comment
 * after it. Null for a list, a group, a route, and whatever else is not plainly one address; that is to be compared as
 * nothing but itself.
 */
export function readMailbox(text: string): Mailbox | null {
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  if (trimmed.length > MOST_CHARACTERS) return null;
  const [, before, angled] = WITH_NAME.exec(trimmed) ?? [];
  if (before !== undefined) {
    const address = WORDS.test(before) ? readEmailAddress(angled!) : null;
    return address && { ...address, name: readName(before) };
  }
  const [, bare = trimmed, comment] = COMMENTED.exec(trimmed) ?? [];
  const address = readEmailAddress(bare);
  return address && { ...address, name: comment === undefined ? null : readName(comment) };
}

function readName(written: string): string | null {
  const unquoted = written.replace(new RegExp(QUOTED, 'g'), (quoted) => quoted.slice(1, -1).replace(/\\([^])/g, '$1'));
  return decodeWords(unquoted).trim() || null;
}

const ENCODED_WORD = /=\?([\w-]{1,40})(?:\*[\w-]*)?\?([BbQq])\?([^?\s]*)\?=/g;

/** Encoded words (RFC 2047) as what they stand for; left as they are where their character set is not known. */
function decodeWords(text: string): string {
  return text
    .replace(/(\?=)[ \t\r\n]+(?==\?)/g, '$1')
    .replace(ENCODED_WORD, (whole, charset: string, encoding: string, content: string) => {
      const bytes = /^b$/i.test(encoding)
        ? Buffer.from(content, 'base64')
        : Buffer.from(
            content
              .replaceAll('_', ' ')
              .replace(/=([0-9A-F]{2})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16))),
            'latin1',
          );
      try {
        return new TextDecoder(charset).decode(bytes);
      } catch {
        return whole;
      }
    });
}
