import { equal, sha256 } from './bytes.js';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of a leaf (RFC 9162 section 2.1.1). */
export function hashLeaf(text: string): Uint8Array {
  return sha256(LEAF, text);
}

function hashChildren(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE, left, right);
}

/** Whether a proof fits that a leaf stands at `index` in the tree of this size and root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(
  leafHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isIndex(index) || !isIndex(size) || index >= size) return false;
  let [node, last, hash] = [index, size - 1, leafHash];
  for (const step of proof) {
    if (last === 0 || step.length !== 32) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashChildren(step, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      hash = hashChildren(hash, step);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(hash, root);
}

/** Whether a proof fits that the second tree has the first as its beginning (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Uint8Array,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isIndex(first) || !isIndex(second) || first < 1 || first > second) return false;
  if (first === second) return proof.length === 0 && equal(firstRoot, secondRoot);
  const path = Number.isInteger(Math.log2(first)) ? [firstRoot, ...proof] : [...proof];
  let [node, last] = [first - 1, second - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  const [start, ...steps] = path;
  if (!start || steps.length === 0) return false;
  let [small, large] = [start, start];
  for (const step of steps) {
    if (last === 0 || step.length !== 32) return false;
    if (node % 2 === 1 || node === last) {
      [small, large] = [hashChildren(step, small), hashChildren(step, large)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, half(last)];
    } else {
      large = hashChildren(large, step);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(small, firstRoot) && equal(large, secondRoot);
}

/** Not by bit operators, which cut at 32 bits. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
