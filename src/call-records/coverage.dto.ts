import { Answer, ForeignText, OneOf, Text, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';

export class CoverageQuery {
  @Time({
    optional: true,
    description: 'Calls that began from then on; a day before `to` where it is left out.',
    example: '2026-12-01T00:00:00Z',
  })
  from?: string;
  @Time({
    optional: true,
    description: 'Calls that began before then; now where it is left out.',
    example: '2026-12-02T00:00:00Z',
  })
  to?: string;
  @OneOf(['line', 'team'], {
    optional: true,
    description: 'What to count by; lines where it is left out.',
    example: 'line',
  })
  by?: 'line' | 'team';
}

export class CallRecordQuery extends PageQuery {
  @OneOf(['true', 'false'], {
    optional: true,
    description: '`false`: only calls that were never declared.',
    example: 'false',
  })
  declared?: 'true' | 'false';
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: "Only this line's.",
    example: '+442079460100',
  })
  line?: string;
  @Text({ maxLength: 80, optional: true, description: "Only this team's.", example: 'Collections' }) team?: string;
}

class ShareAnswer {
  @Answer({ type: 'integer', description: 'Calls that were declared.', example: 940 }) declared: number;
  @Answer({ type: 'integer', description: 'Calls that never were.', example: 60 }) undeclared: number;
  @Answer({ type: 'integer', description: 'Outbound calls in all.', example: 1000 }) total: number;
  @Answer({
    type: 'number',
    nullable: true,
    description: 'From 0 to 1; null where there were no calls.',
    example: 0.94,
  })
  share: number | null;
}

class GroupShareAnswer extends ShareAnswer {
  @Answer({ type: 'string', required: false, description: 'With `by=line`.', example: '+442079460100' }) line?:
    string | null;
  @Answer({
    type: 'string',
    nullable: true,
    required: false,
    description: 'With `by=team`; null for calls whose record names none.',
    example: 'Collections',
  })
  team?: string | null;
}

export class CoverageAnswer extends ShareAnswer {
  @Answer({ type: 'string', format: 'date-time' }) from: string;
  @Answer({ type: 'string', format: 'date-time' }) to: string;
  @Answer({ type: 'string', enum: ['line', 'team'] }) by: string;
  @Answer({ type: [GroupShareAnswer], description: 'Most undeclared calls first; at most a thousand.' })
  data: readonly GroupShareAnswer[];
}

class RecordedCallAnswer {
  @Answer({ type: 'string', example: 'pbx-7-20261201-000412' }) recordId: string;
  @Answer({ type: 'string', example: '+442079460100' }) line: string;
  @Answer({ type: 'string', nullable: true, example: 'Collections' }) team: string | null;
  @Answer({ type: 'string', format: 'date-time' }) startedAt: string;
  @Answer({ type: 'string', format: 'date-time' }) endedAt: string;
  @Answer({
    type: 'string',
    nullable: true,
    description: 'The declared call that it was; null where it was never declared.',
    example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  callId: string | null;
  @Answer({
    type: 'string',
    nullable: true,
    enum: ['number', 'time', null],
    description: "By what it was found: the customer's number, or line and time alone.",
  })
  declaredBy: string | null;
}

export class RecordedCallListAnswer {
  @Answer({ type: [RecordedCallAnswer], description: 'Newest first.' }) data: RecordedCallAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}
