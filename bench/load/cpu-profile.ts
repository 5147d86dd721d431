import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly children?: readonly number[];
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface Share {
  readonly name: string;
  readonly micros: number;
}

/** Self time by function and by package (or folder of our own source), and the time of our own functions with all that they call, most first, of the newest V8 CPU profile in a directory. */
export async function readProfile(
  directory: string,
): Promise<{ functions: Share[]; parts: Share[]; inclusive: Share[]; busyMicros: number }> {
  const files = (await readdir(directory)).filter((name) => name.endsWith('.cpuprofile')).sort();
  const profile = JSON.parse(await readFile(join(directory, files.at(-1)!), 'utf8')) as Profile;
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parents = new Map(
    profile.nodes.flatMap(({ id, children }) => (children ?? []).map((child) => [child, id] as const)),
  );
  const [functions, parts, inclusive] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  let busyMicros = 0;
  profile.samples.forEach((id, place) => {
    const frame = frames.get(id)!;
    if (frame.functionName === '(idle)') return;
    const micros = profile.timeDeltas[place]!;
    busyMicros += micros;
    const part = partOf(frame.url, frame.functionName);
    parts.set(part, (parts.get(part) ?? 0) + micros);
    const name = `${frame.functionName || '(anonymous)'} ${part}${frame.url ? ` ${frame.url.split('/').at(-1)}:${frame.lineNumber + 1}` : ''}`;
    functions.set(name, (functions.get(name) ?? 0) + micros);
    for (const own of callersOf(id, parents, frames)) inclusive.set(own, (inclusive.get(own) ?? 0) + micros);
  });
  return { functions: ranked(functions), parts: ranked(parts), inclusive: ranked(inclusive), busyMicros };
}

/** Which functions are on the stack, each once. */
function callersOf(
  id: number,
  parents: ReadonlyMap<number, number>,
  frames: ReadonlyMap<number, Profile['nodes'][number]['callFrame']>,
): Set<string> {
  const names = new Set<string>();
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const { functionName, url, lineNumber } = frames.get(at)!;
    if (functionName && url)
      names.add(`${functionName} ${partOf(url, functionName)} ${url.split('/').at(-1)}:${lineNumber + 1}`);
  }
  return names;
}

/** The package that a function is of, or the folder of our own source. */
export function partOf(url: string, functionName: string): string {
  const packageName = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(url)?.[1];
  if (packageName) return packageName;
  if (url.startsWith('node:')) return url.replace(/^(node:(?:internal\/)?[^/]+).*/, '$1');
  const own = /\/dist\/src\/([^/]+)/.exec(url)?.[1];
  if (own) return `src/${own}`;
  return functionName.startsWith('(') ? functionName : 'native';
}

function ranked(of: ReadonlyMap<string, number>): Share[] {
  return [...of].map(([name, micros]) => ({ name, micros })).sort((a, b) => b.micros - a.micros);
}
