import { readdirSync, readFileSync } from 'node:fs';

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentMegabytes: number;
}

/** Clock ticks of /proc are hundredths of a second on every Linux that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

/** CPU time and memory of a process with all that descend from it; null where there is no /proc. */
export function usageOf(pid: number): Usage | null {
  try {
    const parents = new Map(
      processIds()
        .map((id) => [id, statOf(id)] as const)
        .filter((entry): entry is [number, Stat] => entry[1] !== null),
    );
    const counted = [...parents].filter(([id]) => descendsFrom(id, pid, parents)).map(([, stat]) => stat);
    if (counted.length === 0) return null;
    return {
      cpuSeconds: counted.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND,
      residentMegabytes: Math.round((counted.reduce((sum, { pages }) => sum + pages, 0) * PAGE_BYTES) / 1_048_576),
    };
  } catch {
    return null;
  }
}

interface Stat {
  readonly parent: number;
  readonly ticks: number;
  readonly pages: number;
}

function processIds(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((id) => id > 0);
}

/** The fields of proc(5) `stat`, with the time of children that have ended; the name before them may hold anything. */
function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return { parent: fields[1]!, ticks: fields[11]! + fields[12]! + fields[13]! + fields[14]!, pages: fields[21]! };
  } catch {
    return null;
  }
}

function descendsFrom(pid: number, ancestor: number, all: ReadonlyMap<number, Stat>): boolean {
  for (let id: number | undefined = pid; id !== undefined; id = all.get(id)?.parent) if (id === ancestor) return true;
  return false;
}
