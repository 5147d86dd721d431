/**
 * The bytes of a base64url text without padding (RFC 4648 section 5, RFC 7515 section 2), or null unless it is the one
 * text that those bytes have: padding, other alphabets, white space and non-zero trailing bits are all refused.
 */
export function decodeBase64url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
