import { OneOf, Text } from '../http/fields.js';
import type { LineUse } from './lines.store.js';

export class PutLineDto {
  @OneOf(['outbound', 'inbound_only'], {
    description: '`inbound_only`: the bank never calls out from it, so a call that shows it is spoofed.',
    example: 'outbound',
  })
  use: LineUse;
  @Text({ maxLength: 64, description: 'What the bank calls it.', example: 'Fraud Operations' }) label: string;
}
