import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalJson, displayHash } from '../../src/crypto/canonical-json.js';
import { verifyDeviceSignature } from '../../src/crypto/device-signature.js';
import { PROBLEMS } from '../../src/http/problem-kinds.js';
import { readAnswerPayload } from '../../src/verifications/answer.payload.js';

const GUIDE = readFileSync('docs/api-guide.md', 'utf8');

/** The block that the guide marks with this name. */
function block(name: string): string {
  const found = new RegExp(`\`\`\`(?:json|text) ${name}\\n(.*?)\`\`\``, 's').exec(GUIDE);
  if (!found) throw new Error(`the guide has no block ${name}`);
  return found[1]!.trim();
}

/** RFC 8037 appendix A.1. */
const KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const;

describe("the API guide's example of an answer", () => {
  it('has the canonical form and the hash of its display', () => {
    const display: unknown = JSON.parse(block('display'));
    expect(canonicalJson(display)).toBe(block('canonical'));
    expect(Buffer.byteLength(block('canonical'))).toBe(245);
    expect(displayHash(display)).toBe(block('hash'));
  });

  it('is what that key signs, byte for byte, and what the service accepts', () => {
    const input = [block('header'), block('payload')].map((part) => Buffer.from(part).toString('base64url')).join('.');
    const jws = `${input}.${sign(null, Buffer.from(input), createPrivateKey({ key: { ...KEY }, format: 'jwk' })).toString('base64url')}`;
    expect(block('jws').replaceAll('\n', '')).toBe(jws);
    const { payload } = verifyDeviceSignature({
      jws,
      typ: 'answer+jws',
      publicKey: { kty: KEY.kty, crv: KEY.crv, x: KEY.x },
      keyId: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa',
    });
    expect(readAnswerPayload(payload)).toMatchObject({ display: block('hash'), answer: 'yes', code: '481205' });
  });

  it('names only problems that there are', () => {
    const named = [...GUIDE.matchAll(/\b(?:4\d\d|503) `([a-z-]+)`|problems\/([a-z-]+)/g)]
      .map(([, slug, path]) => slug ?? path!)
      .filter((slug) => slug.includes('-') || slug === 'locked');
    expect(named.length).toBeGreaterThan(5);
    for (const slug of named) expect(PROBLEMS).toHaveProperty(slug);
  });
});
