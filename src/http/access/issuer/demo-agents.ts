/** A person of the demo bank whom the development issuer signs in without a password. */
export interface DemoAgent {
  readonly id: string;
  readonly name: string;
  readonly department: string;
}

export const DEMO_AGENTS: readonly DemoAgent[] = [
  { id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' },
  { id: 'ben', name: 'Ben Whitaker', department: 'Payments' },
  { id: 'chioma', name: 'Chioma Eze', department: 'Customer Care' },
];

/** Returns the demo agent of this id, if there is one. */
export function findDemoAgent(id: string | undefined): DemoAgent | undefined {
  return DEMO_AGENTS.find((agent) => agent.id === id);
}
