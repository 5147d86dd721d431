import { Answer } from '../http/fields.js';

export class ReferenceAnswer {
  @Answer({ type: 'string', enum: ['call', 'change', 'callback', 'notice', 'report'] }) kind: string;
  @Answer({
    type: 'boolean',
    description: 'Whether the bank stands behind it. False for a call that somebody placed to the bank.',
  })
  genuine: boolean;
  @Answer({ type: 'string', format: 'date-time' }) at: string;
  @Answer({ type: 'string', example: 'live' }) state: string;
  @Answer({
    type: 'string',
    description: 'To read out.',
    example: 'The bank placed this call, and it is going on now.',
  })
  summary: string;
}
