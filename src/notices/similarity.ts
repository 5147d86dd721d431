/** A longer text is told by its beginning. */
const MOST_CHARACTERS = 2_000;

/** The different runs of three characters in a text, as sorted hashes; upper and lower case are one. */
export function trigrams(text: string): Uint32Array {
  const lower = text.slice(0, MOST_CHARACTERS).toLowerCase();
  const all = new Set<number>();
  for (let start = 0; start + 3 <= lower.length; start += 1) {
    all.add(
      (Math.imul(Math.imul(lower.charCodeAt(start), 0x9e3779b1) ^ lower.charCodeAt(start + 1), 0x85ebca6b) ^
        lower.charCodeAt(start + 2)) >>>
        0,
    );
  }
  return Uint32Array.from(all).sort();
}

/** How much two texts have in common, from 0 to 1: Dice's coefficient over their trigrams. */
export function similarity(a: Uint32Array, b: Uint32Array): number {
  if (a.length === 0 || b.length === 0) return 0;
  let shared = 0;
  for (let left = 0, right = 0; left < a.length && right < b.length;) {
    const difference = a[left]! - b[right]!;
    if (difference === 0) shared += 1;
    if (difference <= 0) left += 1;
    if (difference >= 0) right += 1;
  }
  return (2 * shared) / (a.length + b.length);
}
