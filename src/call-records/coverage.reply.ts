import { ReplyField } from '../http/fields.js';

class ShareReply {
  @ReplyField({ type: 'integer', description: 'Calls that were declared.', example: 940 }) declared: number;
  @ReplyField({ type: 'integer', description: 'Calls that never were.', example: 60 }) undeclared: number;
  @ReplyField({ type: 'integer', description: 'Outbound calls in all.', example: 1000 }) total: number;
  @ReplyField({
    type: 'number',
    nullable: true,
    description: 'From 0 to 1; null where there were no calls.',
    example: 0.94,
  })
  share: number | null;
}

class GroupShareReply extends ShareReply {
  @ReplyField({ type: 'string', required: false, description: 'With `by=line`.', example: '+442079460100' }) line?:
    string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    required: false,
    description: 'With `by=team`; null for calls whose record names none.',
    example: 'Collections',
  })
  team?: string | null;
}

export class CoverageReply extends ShareReply {
  @ReplyField({ type: 'string', format: 'date-time' }) from: string;
  @ReplyField({ type: 'string', format: 'date-time' }) to: string;
  @ReplyField({ type: 'string', enum: ['line', 'team'] }) by: string;
  @ReplyField({ type: [GroupShareReply], description: 'Most undeclared calls first; at most a thousand.' })
  data: readonly GroupShareReply[];
}

class RecordedCallReply {
  @ReplyField({ type: 'string', example: 'pbx-7-20261201-000412' }) recordId: string;
  @ReplyField({ type: 'string', example: '+442079460100' }) line: string;
  @ReplyField({ type: 'string', nullable: true, example: 'Collections' }) team: string | null;
  @ReplyField({ type: 'string', format: 'date-time' }) startedAt: string;
  @ReplyField({ type: 'string', format: 'date-time' }) endedAt: string;
  @ReplyField({
    type: 'string',
    nullable: true,
    description: 'The declared call that it was; null where it was never declared.',
    example: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  callId: string | null;
  @ReplyField({
    type: 'string',
    nullable: true,
    enum: ['number', 'time', null],
    description: "By what it was found: the customer's number, or line and time alone.",
  })
  declaredBy: string | null;
}

export class RecordedCallListReply {
  @ReplyField({ type: [RecordedCallReply], description: 'Newest first.' }) data: RecordedCallReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}
