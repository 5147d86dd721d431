import { OneOf, Whole } from '../http/fields.js';

export const FEEDBACK_OUTCOMES = ['shown', 'answered', 'ended_by_handset', 'ended_by_customer', 'timed_out'] as const;
export type FeedbackOutcome = (typeof FEEDBACK_OUTCOMES)[number];

/** No handset waits for so long. */
const LONGEST_MS = 600_000;

export class VerdictFeedbackDto {
  @OneOf(FEEDBACK_OUTCOMES, {
    description:
      '`shown`: the customer saw it. `answered`: they took the call. `ended_by_handset`: the phone hung up on it by itself. `ended_by_customer`: the customer did. `timed_out`: it came too late for the handset.',
    example: 'shown',
  })
  outcome: FeedbackOutcome;
  @Whole({
    min: 0,
    max: LONGEST_MS,
    optional: true,
    description: 'Milliseconds from the question to the verdict, by a clock of the handset that nobody sets.',
    example: 180,
  })
  latencyMs?: number;
}
