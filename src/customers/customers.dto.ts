import { ClearableLocale, ForeignText, Locale, NestedList, Time } from '../http/fields.js';
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

export class PatchCustomerDto {
  @NestedList(() => PhoneNumberDto, {
    maxItems: 20,
    optional: true,
    description: 'The numbers now on file, all of them. One that is not among them becomes former.',
  })
  phoneNumbers?: PhoneNumberDto[];
  @ClearableLocale({
    optional: true,
    description: 'Locale for words of advice (BCP 47), in any case; null for none on file.',
    example: 'de-AT',
  })
  locale?: string | null;
}
