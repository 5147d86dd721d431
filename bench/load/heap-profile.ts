import { readFile } from 'node:fs/promises';
import { partOf } from './cpu-profile.js';

interface HeapNode {
  readonly selfSize: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children: readonly HeapNode[];
}

export interface Allocated {
  readonly name: string;
  readonly bytes: number;
}

/** Bytes allocated, in all and by package (or folder of our own source) and by function, most first, of a sampled profile. */
export async function readHeapProfile(
  file: string,
): Promise<{ bytes: number; parts: Allocated[]; functions: Allocated[]; inclusive: Allocated[] }> {
  const { head } = JSON.parse(await readFile(file, 'utf8')) as { head: HeapNode };
  const [parts, functions, inclusive] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  const add = (to: Map<string, number>, name: string, bytes: number): void =>
    void to.set(name, (to.get(name) ?? 0) + bytes);
  let bytes = 0;
  const visit = ({ selfSize, callFrame, children }: HeapNode, above: ReadonlySet<string>): void => {
    const part = partOf(callFrame.url, callFrame.functionName);
    const name = `${callFrame.functionName || '(anonymous)'} ${part} ${callFrame.url.split('/').at(-1)}:${callFrame.lineNumber + 1}`;
    const stack = new Set(above).add(name);
    if (selfSize > 0) {
      bytes += selfSize;
      add(parts, part, selfSize);
      add(functions, name, selfSize);
      for (const one of stack) add(inclusive, one, selfSize);
    }
    for (const child of children) visit(child, stack);
  };
  visit(head, new Set());
  return { bytes, parts: ranked(parts), functions: ranked(functions), inclusive: ranked(inclusive) };
}

function ranked(of: ReadonlyMap<string, number>): Allocated[] {
  return [...of].map(([name, bytes]) => ({ name, bytes })).sort((one, other) => other.bytes - one.bytes);
}
