import { describe, expect, it } from 'vitest';
import { advance, isTerminal, type Status, STATUSES, type Step, STEPS } from './verification.machine.js';

const TERMINAL = STATUSES.filter((status) => status !== 'waiting');

describe('the states of a verification', () => {
  it.each([
    ['confirm', 'confirmed'],
    ['deny', 'denied'],
    ['report', 'reported'],
    ['expire', 'expired'],
    ['cancel', 'cancelled'],
    ['lock', 'locked'],
  ] as const)('lead by %s from waiting to %s', (step, status) => {
    expect(advance('waiting', step)).toBe(status);
  });

  it('have a step to each terminal one, and none back to waiting', () => {
    expect(STEPS.map((step) => advance('waiting', step)).sort()).toEqual([...TERMINAL].sort());
  });

  it.each(TERMINAL.flatMap((status) => STEPS.map((step) => [status, step] as const)))(
    'are final: nothing leaves %s, not by %s',
    (status, step) => {
      expect(isTerminal(status)).toBe(true);
      expect(advance(status, step)).toBeNull();
    },
  );

  it('are open only while waiting', () => {
    expect(STATUSES.filter((status) => !isTerminal(status))).toEqual(['waiting']);
  });

  it.each(['', 'WAITING', 'done', 'constructor', 'toString', '__proto__', undefined, null, 0])(
    'throw for a status that does not exist: %s',
    (status) => {
      expect(() => isTerminal(status as Status)).toThrow(TypeError);
      expect(() => advance(status as Status, 'confirm')).toThrow(TypeError);
    },
  );

  it.each(['', 'CONFIRM', 'confirmed', 'constructor', 'toString', '__proto__', undefined, null, 0])(
    'throw for a step that does not exist: %s',
    (step) => {
      for (const status of STATUSES) expect(() => advance(status, step as Step)).toThrow(TypeError);
    },
  );
});
