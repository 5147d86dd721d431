import { Answer, OneOf, Text } from '../http/fields.js';
import type { LineUse } from './lines.store.js';

export class PutLineDto {
  @OneOf(['outbound', 'inbound_only'], {
    description: '`inbound_only`: the bank never calls out from it, so a call that shows it is spoofed.',
    example: 'outbound',
  })
  use: LineUse;
  @Text({ maxLength: 64, description: 'What the bank calls it.', example: 'Fraud Operations' }) label: string;
}

export class LineAnswer {
  @Answer({ type: 'string', example: '+442079460100' }) number: string;
  @Answer({ type: 'string', enum: ['outbound', 'inbound_only'] }) use: string;
  @Answer({ type: 'string', example: 'Fraud Operations' }) label: string;
}

export class LineListAnswer {
  @Answer({ type: [LineAnswer], description: 'By number.' }) data: LineAnswer[];
  @Answer({ type: 'string', nullable: true, description: 'Send it as `after` for the next page.' }) next: string | null;
}
