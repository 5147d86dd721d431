import { ReplyField } from '../http/fields.js';

export class LineReply {
  @ReplyField({ type: 'string', example: '+442079460100' }) number: string;
  @ReplyField({ type: 'string', enum: ['outbound', 'inbound_only'] }) use: string;
  @ReplyField({ type: 'string', example: 'Fraud Operations' }) label: string;
}

export class LineListReply {
  @ReplyField({ type: [LineReply], description: 'By number.' }) data: LineReply[];
  @ReplyField({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next:
    string | null;
}
