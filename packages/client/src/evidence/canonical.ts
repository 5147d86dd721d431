import canonicalize from 'canonicalize';
import { base64url, sha256 } from './bytes.js';

/** The canonical JSON text of a value that came from JSON (RFC 8785). @throws TypeError for lone surrogates. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  // Written as an escape, a lone surrogate would have bytes after all.
  if (text === undefined || /\\ud[89a-f]/i.test(text.replaceAll('\\\\', '')) || /\p{Cs}/u.test(text))
    throw new TypeError('no canonical JSON');
  return text;
}

/** base64url(SHA-256(UTF-8(JCS(value)))). @throws TypeError as {@link canonicalJson} does. */
export function canonicalHash(value: unknown): string {
  return base64url(sha256(canonicalJson(value)));
}
