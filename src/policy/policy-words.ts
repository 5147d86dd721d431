import { FINDING_CODES, QUESTIONS, REASON_CODES, REFERENCE_CODES } from '../texts/words.js';
import { ADVICE_CODES } from './advice-codes.policy.js';
import { locale, oneOf, records, text, texts, value } from './policy-fields.js';

const TEXT_KEYS = [
  ...QUESTIONS.map((code) => `questions.${code}`),
  ...REASON_CODES.map((code) => `reasons.${code}`),
  ...FINDING_CODES.map((code) => `findings.${code}`),
  ...REFERENCE_CODES.map((code) => `references.${code}`),
];

/** The words that a bank may set for itself, by locale. */
export const OWN_WORDS = {
  neverAskIn: value(
    [],
    records(
      'NeverAskInDto',
      {
        locale: locale({ description: 'BCP 47 locale, in any case.', example: 'de' }),
        lines: texts({
          minItems: 1,
          maxItems: 12,
          maxLength: 140,
          description: 'What the bank never asks for, in this language.',
          example: ['Ihre PIN'],
        }),
      },
      { maxItems: 50, description: 'The same in other languages, before `neverAsk`.' },
    ),
  ),
  texts: value(
    [],
    records(
      'OwnTextDto',
      {
        key: oneOf<string>(TEXT_KEYS, {
          description: 'Which text, as `GET /v1/texts` has it.',
          example: 'questions.did_you_phone_us',
        }),
        locale: locale({ description: 'BCP 47 locale, in any case.', example: 'cy' }),
        text: text({
          maxLength: 400,
          description: 'With the places in braces that ours has, such as `{summary}`.',
          example: 'Wnaethoch chi ein ffonio ni?',
        }),
      },
      { maxItems: 500, description: "The bank's own words for questions, reasons, findings and references." },
    ),
  ),
  advice: value(
    [],
    records(
      'AdviceWordsDto',
      {
        code: oneOf<string>(ADVICE_CODES, { description: 'The advice whose words these are.', example: 'hang_up' }),
        locale: locale({ description: 'BCP 47 locale, in any case.', example: 'cy' }),
        headline: text({
          maxLength: 140,
          description: 'One line, read first.',
          example: 'Nid eich banc sydd yno. Rhowch y ffôn i lawr nawr.',
        }),
        steps: texts({
          maxItems: 6,
          maxLength: 200,
          description: 'What to do, in order.',
          example: ['Rhowch y ffôn i lawr.', 'Ffoniwch y rhif ar gefn eich cerdyn.'],
        }),
      },
      { maxItems: 200, description: "The bank's own words for advice." },
    ),
  ),
};
