/** A team's name has at most so many UTF-16 code units, wherever it comes from. */
export const MOST_TEAM_CHARACTERS = 80;

/** Spaces that a line may have (plain-text.ts): alike to whoever reads a name. */
const SPACES = /[ \u00a0\u202f\u3000]+/gu;

/**
 * The name of a team in its one form, NFC with single spaces between words and none around, so that a stray space makes no
 * team of its own; null where nothing is left, and for one that is too long, which is never cut: cut, two teams could be one.
 */
export function readTeam(text: string): string | null {
  if (!text.isWellFormed()) return null;
  const name = text.normalize('NFC').replace(SPACES, ' ').trim();
  return name === '' || name.length > MOST_TEAM_CHARACTERS ? null : name;
}
