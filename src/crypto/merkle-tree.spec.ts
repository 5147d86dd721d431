import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyRanges,
  emptyRoot,
  GrowingTree,
  hashChildren,
  hashLeaf,
  hashOfNodes,
  inclusionRanges,
  nodesOfRange,
  type NodeId,
  verifyConsistency,
  verifyInclusion,
} from './merkle-tree.js';

// The reference tree of google/certificate-transparency (merkletree/merkle_tree_test.cc), which RFC 6962 and 9162 logs are tested against.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => Buffer.from(hex, 'hex'),
);
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const INCLUSION: [number, number, string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
  [
    1,
    5,
    [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];
const CONSISTENCY: [number, number, string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

/** A tree by the definition of RFC 9162 §2.1.1, without any of the code under test but the two hashes. */
function rootOf(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return emptyRoot();
  if (hashes.length === 1) return hashes[0]!;
  let power = 1;
  while (power * 2 < hashes.length) power *= 2;
  return hashChildren(rootOf(hashes.slice(0, power)), rootOf(hashes.slice(power)));
}

function grow(leaves: readonly Buffer[]) {
  const tree = new GrowingTree(0, []);
  const nodes = new Map<string, Buffer>();
  const keep = ({ level, index }: NodeId, hash: Buffer) => nodes.set(`${level}/${index}`, hash);
  const roots = leaves.map((leaf, index) => {
    keep({ level: 0, index }, leaf);
    for (const node of tree.append(leaf)) keep(node, node.hash);
    return tree.root();
  });
  const prove = (ranges: ReturnType<typeof inclusionRanges>) =>
    ranges.map((range) => hashOfNodes(nodesOfRange(range).map(({ level, index }) => nodes.get(`${level}/${index}`)!)));
  return { roots, prove };
}

const hashes = LEAVES.map(hashLeaf);
const { roots, prove } = grow(hashes);
const hex = (proof: readonly Buffer[]) => proof.map((hash) => hash.toString('hex'));

describe('the reference tree of Certificate Transparency', () => {
  it('has its roots at every size', () => {
    expect(hex(roots)).toEqual(ROOTS);
    expect(emptyRoot().toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it.each(INCLUSION)('proves leaf %i in %i', (index, size, path) => {
    expect(hex(prove(inclusionRanges(index, size)))).toEqual(path);
    expect(
      verifyInclusion(
        hashes[index]!,
        index,
        size,
        path.map((step) => Buffer.from(step, 'hex')),
        roots[size - 1]!,
      ),
    ).toBe(true);
  });

  it.each(CONSISTENCY)('proves that %i grew to %i', (first, second, path) => {
    expect(hex(prove(consistencyRanges(first, second)))).toEqual(path);
    expect(
      verifyConsistency(
        first,
        second,
        roots[first - 1]!,
        roots[second - 1]!,
        path.map((step) => Buffer.from(step, 'hex')),
      ),
    ).toBe(true);
  });
});

describe('any tree', () => {
  const leaves = Array.from({ length: 70 }, (_, at) => hashLeaf(String(at)));
  const all = grow(leaves);

  it('has the root of the definition, and proves every leaf at every size and every growth', () => {
    for (let size = 1; size <= leaves.length; size += 1) {
      const root = rootOf(leaves.slice(0, size));
      expect(all.roots[size - 1]).toEqual(root);
      for (let index = 0; index < size; index += 1)
        expect(verifyInclusion(leaves[index]!, index, size, all.prove(inclusionRanges(index, size)), root)).toBe(true);
      for (let first = 1; first <= size; first += 1)
        expect(
          verifyConsistency(first, size, all.roots[first - 1]!, root, all.prove(consistencyRanges(first, size))),
        ).toBe(true);
    }
  });

  it('goes on from its right edge alone', () => {
    for (const size of [1, 2, 3, 31, 32, 33, 69]) {
      const edge = nodesOfRange({ start: 0, end: size });
      const tree = new GrowingTree(
        size,
        edge.map(({ level, index }) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))),
      );
      expect(tree.root()).toEqual(all.roots[size - 1]);
      for (const leaf of leaves.slice(size)) tree.append(leaf);
      expect(tree.root()).toEqual(all.roots.at(-1));
    }
    expect(() => new GrowingTree(3, [leaves[0]!])).toThrow(RangeError);
  });

  it('has no proof for another place, size, root, leaf, or with a hash changed, missing, doubled or added', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 70 }),
        fc.nat(69),
        fc.nat(20),
        fc.constantFrom('change', 'drop', 'double', 'add', 'place', 'size', 'leaf', 'root'),
        (size, place, at, what) => {
          const index = place % size;
          const proof = all.prove(inclusionRanges(index, size));
          const step = at % proof.length;
          const changed = proof.map((hash, position) =>
            position === step && what === 'change' ? hashLeaf(hash) : hash,
          );
          if (what === 'drop') changed.splice(step, 1);
          if (what === 'double') changed.splice(step, 0, proof[step]!);
          if (what === 'add') changed.push(hashLeaf('more'));
          const leaf = what === 'leaf' ? hashLeaf('other') : leaves[index]!;
          const root = what === 'root' ? hashLeaf('other') : all.roots[size - 1]!;
          const otherIndex = what === 'place' ? (index + 1) % size : index;
          const otherSize = what === 'size' ? size * 2 + 1 : size;
          expect(verifyInclusion(leaf, otherIndex, otherSize, changed, root)).toBe(false);
        },
      ),
    );
  });

  it('has no proof of a growth that rewrote something', () => {
    const rewritten = grow(leaves.map((leaf, at) => (at === 11 ? hashLeaf('rewritten') : leaf)));
    for (let first = 12; first < 70; first += 1) {
      for (const second of [first + 1, 70]) {
        const proof = rewritten.prove(consistencyRanges(first, second));
        expect(verifyConsistency(first, second, all.roots[first - 1]!, rewritten.roots[second - 1]!, proof)).toBe(
          false,
        );
        expect(verifyConsistency(first, second, rewritten.roots[first - 1]!, all.roots[second - 1]!, proof)).toBe(
          false,
        );
      }
    }
  });

  it('is refused where the numbers make no sense', () => {
    const [leaf] = leaves as [Buffer];
    for (const [index, size] of [
      [1, 1],
      [-1, 1],
      [0, 0],
      [0.5, 2],
      [NaN, 2],
    ] as const) {
      expect(verifyInclusion(leaf, index, size, [], leaf)).toBe(false);
      expect(() => inclusionRanges(index, size)).toThrow(RangeError);
    }
    for (const [first, second] of [
      [0, 1],
      [2, 1],
      [1.5, 3],
    ] as const) {
      expect(verifyConsistency(first, second, leaf, leaf, [])).toBe(false);
      expect(() => consistencyRanges(first, second)).toThrow(RangeError);
    }
    expect(verifyInclusion(leaf, 0, 2, [leaf.subarray(1)], hashChildren(leaf, leaf.subarray(1)))).toBe(false);
  });

  it('is right beyond 32 bits', () => {
    expect(nodesOfRange({ start: 0, end: 2 ** 40 + 1 })).toEqual([
      { level: 40, index: 0 },
      { level: 0, index: 2 ** 40 },
    ]);
    expect(inclusionRanges(2 ** 40, 2 ** 40 + 1)).toEqual([{ start: 0, end: 2 ** 40 }]);
  });
});
