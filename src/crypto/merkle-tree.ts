import { hash } from 'node:crypto';

/** A complete subtree: `level` 0 is a leaf, and node `index` of a level covers the leaves from index·2^level on. */
export interface NodeId {
  readonly level: number;
  readonly index: number;
}

export interface TreeNode extends NodeId {
  readonly hash: Buffer;
}

/** A run of leaves whose hash is one step of a proof. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

const LEAF = Buffer.of(0);
const INNER = Buffer.of(1);

/** The hash of a leaf (RFC 9162 section 2.1.1): SHA-256 over 0x00 and the data. */
export function hashLeaf(data: string | Uint8Array): Buffer {
  return hash('sha256', typeof data === 'string' ? `\0${data}` : Buffer.concat([LEAF, data]), 'buffer');
}

/** The hash of an inner node (RFC 9162 section 2.1.1): SHA-256 over 0x01 and both children. */
export function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([INNER, left, right]), 'buffer');
}

/** The root of a tree without leaves (RFC 9162 section 2.1.1): the hash of nothing. */
export function emptyRoot(): Buffer {
  return hash('sha256', '', 'buffer');
}

/** The largest power of two below `size` (RFC 9162 section 2.1.1); `size` is at least 2. */
function split(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The complete subtrees that a run of leaves is made of, largest first; the run must stand as a subtree of a tree does. */
export function nodesOfRange({ start, end }: LeafRange): NodeId[] {
  const nodes: NodeId[] = [];
  for (let at = start; at < end;) {
    let level = 0;
    while (at % 2 ** (level + 1) === 0 && at + 2 ** (level + 1) <= end) level += 1;
    nodes.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return nodes;
}

/** The hash of a run of leaves out of the hashes of its complete subtrees, in the order of {@link nodesOfRange}. */
export function hashOfNodes(hashes: readonly Buffer[]): Buffer {
  if (hashes.length === 0) return emptyRoot();
  return hashes.reduceRight((right, left) => hashChildren(left, right));
}

/** The runs whose hashes prove that a leaf is in a tree (RFC 9162 section 2.1.3.1), from the leaf up. @throws RangeError for a leaf outside. */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  if (!isIndex(index) || !isIndex(size) || index >= size)
    throw new RangeError('the leaf is not in a tree of this size');
  const ranges: LeafRange[] = [];
  for (let start = 0, end = size; end - start > 1;) {
    const middle = start + split(end - start);
    if (index < middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  return ranges;
}

/** The runs whose hashes prove that a tree only grew (RFC 9162 section 2.1.4.1). @throws RangeError unless 0 < first <= second. */
export function consistencyRanges(first: number, second: number): LeafRange[] {
  if (!isIndex(first) || !isIndex(second) || first < 1 || first > second)
    throw new RangeError('the first size is not from 1 to the second');
  const ranges: LeafRange[] = [];
  let [start, end] = [0, second];
  while (first < end) {
    const middle = start + split(end - start);
    if (first <= middle) {
      ranges.unshift({ start: middle, end });
      end = middle;
    } else {
      ranges.unshift({ start, end: middle });
      start = middle;
    }
  }
  if (start > 0) ranges.unshift({ start, end });
  return ranges;
}

/** Whether a proof fits that a leaf stands at `index` in the tree of this size and root (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(
  leafHash: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
  root: Buffer,
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
  return last === 0 && hash.equals(root);
}

/** Whether a proof fits that the second tree has the first as its beginning (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(
  first: number,
  second: number,
  firstRoot: Buffer,
  secondRoot: Buffer,
  proof: readonly Buffer[],
): boolean {
  if (!isIndex(first) || !isIndex(second) || first < 1 || first > second) return false;
  if (first === second) return proof.length === 0 && firstRoot.equals(secondRoot);
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
  return last === 0 && small.equals(firstRoot) && large.equals(secondRoot);
}

/** A tree that only grows, of which only the right edge is kept: what a log needs to add leaves. */
export class GrowingTree {
  private readonly edge: TreeNode[];

  /** @param edge the hashes of `nodesOfRange({ start: 0, end: size })`, in that order. */
  constructor(
    private leaves: number,
    edge: readonly Buffer[],
  ) {
    const ids = nodesOfRange({ start: 0, end: leaves });
    if (ids.length !== edge.length) throw new RangeError('these are not the hashes of the right edge');
    this.edge = ids.map((id, at) => ({ ...id, hash: edge[at]! }));
  }

  get size(): number {
    return this.leaves;
  }

  root(): Buffer {
    return hashOfNodes(this.edge.map((node) => node.hash));
  }

  /** Adds a leaf and returns the inner nodes that it completes, lowest first. */
  append(leafHash: Buffer): TreeNode[] {
    const completed: TreeNode[] = [];
    let node: TreeNode = { level: 0, index: this.leaves, hash: leafHash };
    while (node.index % 2 === 1) {
      node = { level: node.level + 1, index: half(node.index), hash: hashChildren(this.edge.pop()!.hash, node.hash) };
      completed.push(node);
    }
    this.edge.push(node);
    this.leaves += 1;
    return completed;
  }
}

/** Not by bit operators, which cut at 32 bits. */
function half(value: number): number {
  return Math.floor(value / 2);
}

function isIndex(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
