import { ForeignText, OneOf, Text, Time } from '../http/fields.js';
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
