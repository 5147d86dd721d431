/** Whether objects and lists stand in one another more than `most` deep. Reads any text, JSON or not, without recursion. */
export function isNestedDeeper(text: string, most: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > most) return true;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    }
  }
  return false;
}

/** Whether a field anywhere in it is called like a member of every object (`toString`): what copies a body would pass over it unseen. */
export function holdsInheritedName(value: object): boolean {
  return Object.entries(value).some(
    ([name, member]: [string, unknown]) =>
      name in Object.prototype || (typeof member === 'object' && member !== null && holdsInheritedName(member)),
  );
}

/** A NUL, or a number that may be beyond what a double holds, may stand in this text. Most have neither, and no walk is needed. */
const MAY_BE_UNSTORABLE = /\\u0000|[eE]\+?0*\d{3}|\d{309}/;

/** What a pointer may repeat of a request. */
const NAMEABLE = /^[^\p{Cc}\p{Cs}]{1,64}$/u;

/**
 * Where a parsed text holds what can be neither stored nor compared, as a JSON pointer in fragment form (RFC 6901 §6);
 * null where it does not. That is a NUL, in a name or a value, which PostgreSQL keeps in no text; and a number that is
 * no number any more (`1e400`, RFC 8259 §6).
 */
export function findUnstorable(text: string, value: unknown): string | null {
  return MAY_BE_UNSTORABLE.test(text) ? unstorableIn(value, '#') : null;
}

function unstorableIn(value: unknown, at: string): string | null {
  if (typeof value === 'string') return value.includes('\u0000') ? at : null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : at;
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, member] of Object.entries(value)) {
    if (name.includes('\u0000')) return at;
    const found = unstorableIn(
      member,
      NAMEABLE.test(name) ? `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}` : at,
    );
    if (found !== null) return found;
  }
  return null;
}
