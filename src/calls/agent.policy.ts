import type { Principal } from '../auth/principal.js';
import { invalidField } from '../platform/problem.js';
import type { Agent } from './calls.service.js';

/**
 * Who is on the call. An agent's token speaks for that person alone, so only the department is read from the body;
 * telephony names the agent.
 * @throws Problem 400 where telephony names nobody.
 */
export function agentOf(caller: Principal, given: { id?: string; name?: string; department?: string } | undefined): Agent {
  const department = given?.department ?? null;
  if (caller.scopes.has('agent')) return { id: caller.subject, name: caller.name!, department };
  if (!given?.id) throw invalidField('#/agent/id', 'must name the agent who is on the call');
  if (!given.name) throw invalidField('#/agent/name', 'must be the name that the customer will hear');
  return { id: given.id, name: given.name, department };
}
