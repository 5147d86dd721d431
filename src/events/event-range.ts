/** Before every event. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** No transaction writes an event so long before it ends: until it ends, nothing at all is sealed or handed on. */
const LONGEST_TRANSACTION_MS = 31 * 86_400_000;

/**
 * What no event can precede by its id that settles after all was read at a moment. Whoever tails the log says so, and
 * months that it is past are not looked into again (docs/decisions/0062).
 */
export function firstIdAfter(allReadAt: number): string {
  return (allReadAt - LONGEST_TRANSACTION_MS)
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})(.{4})$/, '$1-$2-0000-0000-000000000000');
}

/** From which id to which: a statement that names them looks into no other month. */
export function rangeOf(ids: readonly string[]): { lowest: string; highest: string } {
  const [lowest = FIRST_ID, highest = lowest] =
    ids.length === 0 ? [] : [ids.reduce((a, b) => (a < b ? a : b)), ids.reduce((a, b) => (a > b ? a : b))];
  return { lowest, highest };
}
