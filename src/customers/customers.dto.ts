import { ForeignText, Locale, NestedList, Time } from '../http/fields.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';

export class PhoneNumberDto {
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    description: "E.164, or national in the policy's country.",
    example: '+447700900123',
  })
  number: string;
  @Time({
    optional: true,
    description: 'Since when the bank has had it on file; without it, since now. A time in the future counts as now.',
    example: '2021-03-01T00:00:00Z',
  })
  since?: string;
}

export class PutCustomerDto {
  @NestedList(() => PhoneNumberDto, {
    maxItems: 20,
    description: 'The numbers now on file. One that is left out becomes former.',
  })
  phoneNumbers: PhoneNumberDto[];
  @Locale({ optional: true, description: 'Locale for words of advice (BCP 47), in any case.', example: 'en-GB' })
  locale?: string;
}
