import { BY, DIRECTION, type EventKind, kind } from './event-members.js';
import { COUNT, DEVICE_ID, listOf, oneOf, orNull, REFERENCE, TEXT } from './event-schema.js';

/** What the log can hold about calls; a part of the catalogue. */
export const CALL_EVENTS = {
  'countersign.call.declared': kind('call', 'A call was declared.', {
    direction: DIRECTION,
    'channel?': oneOf('phone', 'in_app'),
    line: orNull(TEXT),
    reference: REFERENCE,
    agentId: TEXT,
    'team?': orNull(TEXT),
    ...BY,
  }),
  'countersign.call.transferred': kind('call', 'A call was handed to another agent, who has yet to take it over.', {
    from: TEXT,
    fromTeam: orNull(TEXT),
    to: TEXT,
    ...BY,
  }),
  'countersign.call.taken_over': kind('call', 'Another agent has the call from now on, or its own took it back.', {
    from: TEXT,
    fromTeam: orNull(TEXT),
    to: TEXT,
    team: orNull(TEXT),
    because: oneOf('transferred', 'supervisor', 'taken_back'),
  }),
  'countersign.call.ended': kind('call', "A call was hung up, lapsed, or ended with its customer's data.", {
    because: oneOf('hung_up', 'lapsed', 'customer_shredded'),
    'by?': TEXT,
  }),
  'countersign.call.relay_suspected': kind(
    'call',
    "Somebody else seems to hold this call in the customer's name. Warn the agent.",
    {
      shownBy: oneOf('answer', 'verdict'),
    },
  ),
  'countersign.call.bank_proof_given': kind('call', "The bank's offline code was given to an agent to read out.", {
    deviceId: DEVICE_ID,
    ...BY,
  }),
  'countersign.call.customer_proved': kind('call', "The customer's offline code was right.", {
    deviceId: DEVICE_ID,
    findings: listOf(TEXT),
    ...BY,
  }),
  'countersign.call.customer_proof_failed': kind('call', "The customer's offline code was wrong, and counts.", {
    failuresInARow: COUNT,
  }),
} as const satisfies Readonly<Record<string, EventKind>>;
