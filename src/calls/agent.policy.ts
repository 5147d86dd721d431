/** Who talks to the customer, as the customer will hear it. */
export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly department: string | null;
}

/**
 * Who is on the call. An agent's token speaks for that person alone, so only the department is read from what was given, and is
 * the token's where none is; telephony (`person` is null) names the agent. `missing` is what telephony left out.
 */
export function agentOf(
  person: Agent | null,
  given: { readonly id?: string; readonly name?: string; readonly department?: string } | undefined,
): Agent | { readonly missing: 'id' | 'name' } {
  const department = given?.department ?? person?.department ?? null;
  if (person) return { id: person.id, name: person.name, department };
  if (!given?.id) return { missing: 'id' };
  if (!given.name) return { missing: 'name' };
  return { id: given.id, name: given.name, department };
}
