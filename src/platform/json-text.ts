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
  return Object.entries(value).some(([name, member]: [string, unknown]) => name in Object.prototype || (typeof member === 'object' && member !== null && holdsInheritedName(member)));
}
