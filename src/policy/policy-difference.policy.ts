import type { Policy } from './policy.js';

/** One value that another version has otherwise. */
export interface PolicyDifference {
  /** JSON pointer (RFC 6901) into the policy, such as `/device/ageSeconds`. */
  readonly field: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** What differs between two policies with every value filled in: value by value in a section, lists and texts as a whole. */
export function differencesOf(before: Policy, after: Policy): PolicyDifference[] {
  return Object.keys(after).flatMap((name) => {
    const [was, is] = [before, after].map((policy) => policy[name as keyof Policy] as unknown);
    if (!isSection(was) || !isSection(is)) return differenceAt(`/${name}`, was, is);
    return Object.keys(is).flatMap((value) => differenceAt(`/${name}/${value}`, was[value], is[value]));
  });
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function differenceAt(field: string, before: unknown, after: unknown): PolicyDifference[] {
  return isSame(before, after) ? [] : [{ field, before, after }];
}

/** Whether two JSON values are the same; members may come in another order. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [mine, theirs] = [one, other].map((value) => Object.entries(value as Record<string, unknown>));
  return (
    mine!.length === theirs!.length &&
    mine!.every(([name, value]) => isSame(value, (other as Record<string, unknown>)[name]))
  );
}
