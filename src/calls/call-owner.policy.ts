/** Who wants to act on a call, as their access token says it. */
export interface Actor {
  readonly subject: string;
  readonly name: string | null;
  /** Their team. */
  readonly department: string | null;
  readonly scopes: ReadonlySet<string>;
}

/**
 * Whose a call must be for this caller to start a question in it, to prove it or to end it: the caller's own, or, for
 * telephony, which places calls for all agents, anybody's (null).
 */
export function ownerRequired({ subject, scopes }: Actor): string | null {
  return scopes.has('telephony') ? null : subject;
}

/** The team whose calls this caller may take over: a supervisor's own, and nobody else's. */
export function teamToTakeFrom({ department, scopes }: Actor): string | null {
  return scopes.has('supervisor') ? department : null;
}

/** Which calls a caller may list: all, or one's own and those of one's team. */
export type Sight = { readonly all: true } | { readonly all: false; readonly me: string; readonly team: string | null };

/** Analysts look into whatever happened, and telephony places everybody's calls; whoever talks to customers sees their team's. */
export function sightOf({ subject, department, scopes }: Actor): Sight {
  if (scopes.has('analyst') || scopes.has('telephony')) return { all: true };
  return { all: false, me: subject, team: department };
}
