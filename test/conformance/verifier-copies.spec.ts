import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashLeaf as clientHashLeaf,
  verifyConsistency as clientConsistency,
  verifyInclusion as clientInclusion,
} from '../../packages/client/src/evidence/merkle-proofs.js';
import {
  consistencyRanges,
  emptyRoot,
  hashChildren,
  hashLeaf,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
} from '../../src/crypto/merkle-tree.js';

/*
 * The verifier in packages/client needs nothing of the service, and runs in browsers; the service makes what it verifies. What
 * both have stands twice, and here is what keeps the two from parting ways (docs/decisions/0150). What they do with bytes of
 * every other kind is in vectors.spec.ts.
 */
const text = (file: string): string => readFileSync(file, 'utf8');

/** Each interface and constant that a file exports, by name, with what is said of it. */
function exported(file: string): Map<string, string> {
  const blocks = text(file).matchAll(
    /((?:^\/\*\*(?:(?!\*\/)[^])*\*\/\n)?)^export (?:interface (\w+)[^{]*\{\n[^]*?^\}|const (\w+) =[^;]*;)/gm,
  );
  return new Map([...blocks].map(([block, , type, constant]) => [type ?? constant!, block]));
}

describe('what the verifier has twice', () => {
  it('reads JSON as strictly as the service, byte for byte', () => {
    expect(text('packages/client/src/evidence/strict-json.ts')).toBe(text('src/crypto/strict-json.ts'));
  });

  it('takes evidence for what the service makes of it, member for member', () => {
    const made = new Map([...exported('src/transparency/leaf.ts'), ...exported('src/transparency/evidence.ts')]);
    const read = exported('packages/client/src/evidence/evidence.ts');
    expect(read.size).toBeGreaterThan(7);
    // What it says of itself, which the verifier does not ask for.
    made.delete('PURPOSE');
    expect(Object.fromEntries(read)).toEqual(Object.fromEntries(made));
  });
});

/** As RFC 9162 section 2.1.1 defines it, the slow way. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0]!;
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return hashChildren(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}
const leavesOf = (size: number): Buffer[] => Array.from({ length: size }, (_none, at) => hashLeaf(`leaf ${at}`));
const proofOf = (leaves: readonly Buffer[], ranges: readonly { start: number; end: number }[]): Buffer[] =>
  ranges.map(({ start, end }) => rootOf(leaves.slice(start, end)));

/** What somebody could do to a proof. */
const tampering = fc.oneof(
  fc.constant((proof: readonly Buffer[]) => proof),
  fc.nat(12).map((at) => (proof: readonly Buffer[]) => proof.filter((_one, index) => index !== at)),
  fc.nat(12).map((at) => (proof: readonly Buffer[]) => [...proof.slice(0, at), hashLeaf('x'), ...proof.slice(at)]),
  fc.constant((proof: readonly Buffer[]) => [...proof].reverse()),
  fc.nat(12).map((at) => (proof: readonly Buffer[]) => proof.map((one, index) => (index === at ? hashLeaf('y') : one))),
);

describe('proofs of the log', () => {
  it('hash a leaf alike, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (leaf) => {
        expect(Buffer.from(clientHashLeaf(leaf))).toEqual(hashLeaf(leaf));
      }),
    );
  });

  it('of a leaf are taken and refused by both alike, and taken where nobody touched them', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat(69),
        fc.integer({ min: -1, max: 1 }),
        tampering,
        (size, at, off, tamper) => {
          const [leaves, index] = [leavesOf(size), at % size];
          const whole = proofOf(leaves, inclusionRanges(index, size));
          const [proof, root] = [tamper(whole), rootOf(leaves)];
          const service = verifyInclusion(leaves[index]!, index + off, size, proof, root);
          expect(clientInclusion(leaves[index]!, index + off, size, proof, root)).toBe(service);
          if (off === 0 && rightly(proof, whole)) expect(service).toBe(true);
          if (!service) refused += 1;
        },
      ),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(50);
  });

  it('that it only grew are taken and refused by both alike, and taken where nobody touched them', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat(69),
        fc.integer({ min: -1, max: 1 }),
        tampering,
        (second, at, off, tamper) => {
          const [leaves, first] = [leavesOf(second), (at % second) + 1];
          const whole = proofOf(leaves, consistencyRanges(first, second));
          const [proof, small, large] = [tamper(whole), rootOf(leaves.slice(0, first)), rootOf(leaves)];
          const service = verifyConsistency(first + off, second, small, large, proof);
          expect(clientConsistency(first + off, second, small, large, proof)).toBe(service);
          if (off === 0 && rightly(proof, whole)) expect(service).toBe(true);
          if (!service) refused += 1;
        },
      ),
      { numRuns: 500 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});

const rightly = (proof: readonly Buffer[], whole: readonly Buffer[]): boolean =>
  proof.length === whole.length && proof.every((one, at) => one.equals(whole[at]!));
