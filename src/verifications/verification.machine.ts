/**
 * The states of a verification. Everything but `waiting` is terminal, and terminal is final (domain rule 7).
 *
 *   waiting ──confirm──▶ confirmed      waiting ──expire──▶ expired
 *           ──deny─────▶ denied                 ──cancel──▶ cancelled
 *           ──report───▶ reported               ──lock────▶ locked
 */
export const STATUSES = ['waiting', 'confirmed', 'denied', 'reported', 'expired', 'cancelled', 'locked'] as const;
export type Status = (typeof STATUSES)[number];

export const STEPS = ['confirm', 'deny', 'report', 'expire', 'cancel', 'lock'] as const;
export type Step = (typeof STEPS)[number];

const AFTER: Readonly<Record<Step, Exclude<Status, 'waiting'>>> = {
  confirm: 'confirmed',
  deny: 'denied',
  report: 'reported',
  expire: 'expired',
  cancel: 'cancelled',
  lock: 'locked',
};

/** Whether nothing follows. An unknown status throws, so that it can never pass for an open one. */
export function isTerminal(status: Status): boolean {
  if (!STATUSES.includes(status)) throw new TypeError(`unknown verification status ${String(status)}`);
  return status !== 'waiting';
}

/** The status after a step, or null where the step is refused because the verification is closed. */
export function advance(status: Status, step: Step): Status | null {
  if (!Object.hasOwn(AFTER, step)) throw new TypeError(`unknown verification step ${String(step)}`);
  return isTerminal(status) ? null : AFTER[step];
}
