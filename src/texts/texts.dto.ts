import { Locale } from '../http/fields.js';

export class TextsQuery {
  @Locale({
    optional: true,
    description: 'BCP 47 locale, in any case; without it, what Accept-Language asks for.',
    example: 'de-AT',
  })
  locale?: string;
}
