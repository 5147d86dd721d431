import { ApiHeader } from '@nestjs/swagger';

/** Documents a route whose answer carries words. */
export function HearsLanguage(): MethodDecorator {
  return ApiHeader({
    name: 'Accept-Language',
    required: false,
    description:
      "In which languages the words may be, the most wanted first (RFC 9110 section 12.5.4). A customer's own locale, where one is on file, comes before them; the policy's comes after.",
    example: 'de-AT, de;q=0.8, en;q=0.5',
  });
}
