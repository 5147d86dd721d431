import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LogNow, sizeOfCheckpoint, verifyLogGrowth } from '../../packages/client/src/evidence/log-growth.js';
import { consistencyRanges, emptyRoot, hashChildren, hashLeaf } from '../../src/crypto/merkle-tree.js';
import { publicJwkOf } from '../../src/crypto/signing-key.js';
import { checkpointText, formatCheckpoint } from '../../src/transparency/checkpoint.js';

const [ours, others] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
const KEYS = [{ ...publicJwkOf(ours.privateKey).jwk, kid: 'ours' }];
const ORIGIN = 'countersign.example/log/northbank';

/** RFC 9162, section 2.1.1, by its own words. */
function rootOf(leaves: readonly string[]): Buffer {
  if (leaves.length < 2) return leaves.length === 0 ? emptyRoot() : hashLeaf(leaves[0]!);
  const middle = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return hashChildren(rootOf(leaves.slice(0, middle)), rootOf(leaves.slice(middle)));
}

function note(leaves: readonly string[], { key = ours.privateKey, origin = ORIGIN } = {}): string {
  const checkpoint = { origin, size: leaves.length, root: rootOf(leaves) };
  const publicKey = Buffer.from(publicJwkOf(key).jwk.x, 'base64url');
  return formatCheckpoint(checkpoint, publicKey, sign(null, Buffer.from(checkpointText(checkpoint)), key));
}

/** What a log of these leaves answers to somebody who has kept so many. */
function logOf(leaves: readonly string[], first: number): LogNow {
  if (first < 1 || first >= leaves.length) return { note: note(leaves) };
  const ranges = consistencyRanges(first, leaves.length);
  const consistency = ranges.map(({ start, end }) => rootOf(leaves.slice(start, end)).toString('base64'));
  return { note: note(leaves), consistency };
}

const history = (length: number, branch = ''): string[] => Array.from({ length }, (_, at) => `${branch}${at}`);
const growth = (kept: string, now: LogNow): { result: string; detail: string } =>
  verifyLogGrowth(kept, now, KEYS).find(({ name }) => name === 'growth')!;

describe('a log and a checkpoint that was kept of it', () => {
  it('hold where one grew out of the other, and at no size where their histories part below it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 40 }),
        (kept, more, common) => {
          const now = history(kept + more);
          expect(growth(note(history(kept)), logOf(now, kept)).result).toBe('verified');
          if (common >= kept) return;
          const parted = [...history(common), ...history(kept - common, 'other ')];
          expect(growth(note(parted), logOf(now, kept))).toEqual({
            name: 'growth',
            result: 'failed',
            detail: expect.stringContaining('a split view'),
          });
        },
      ),
    );
  });

  it('fail where the log is smaller than what was kept, with both sizes', () => {
    const { result, detail } = growth(note(history(9)), logOf(history(7), 9));
    expect(result).toBe('failed');
    expect(detail).toMatch(/the log has 7 leaves, and the one that was kept has 9: it was set back/);
  });

  it('fail where either is not signed by the given keys, or is of another log', () => {
    const now = logOf(history(7), 5);
    for (const kept of [note(history(5), { key: others.privateKey }), note(history(5)).replace('\n5\n', '\n6\n'), '']) {
      expect(verifyLogGrowth(kept, now, KEYS).map(({ name, result }) => [name, result])).toEqual([
        ['kept checkpoint', 'failed'],
        ['checkpoint of now', 'verified'],
        ['growth', 'not_verifiable'],
      ]);
      expect(sizeOfCheckpoint(kept, KEYS)).toBeNull();
    }
    const foreign = { ...now, note: note(history(7), { key: others.privateKey }) };
    expect(growth(note(history(5)), foreign).result).toBe('not_verifiable');
    expect(growth(note(history(5), { origin: 'countersign.example/log/southbank' }), now)).toMatchObject({
      result: 'failed',
      detail: 'the two are of different logs',
    });
  });

  it('hold by no proof that is left out, cut short, or of other bytes', () => {
    const [kept, now] = [note(history(5)), logOf(history(12), 5)];
    expect(sizeOfCheckpoint(kept, KEYS)).toBe(5);
    expect(growth(kept, now).result).toBe('verified');
    expect(growth(kept, { note: now.note }).result).toBe('not_verifiable');
    const proof = now.consistency!;
    for (const wrong of [
      [],
      proof.slice(1),
      proof.slice(0, -1),
      [...proof, proof[0]!],
      proof.with(0, '!'),
      proof.with(1, proof[0]!),
    ])
      expect(growth(kept, { note: now.note, consistency: wrong }).result).toBe('failed');
  });
});
