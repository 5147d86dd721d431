import { Answer, Nested, NestedList, OneOf, Pattern, Text, TextList, Whole } from '../platform/fields.js';
import { ADVICE_CODES } from './advice.policy.js';
import { DEFAULT_POLICY } from './policy.js';

const DAY = 86_400;
const LOCALE = /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?$/;

class VerificationPolicyDto {
  @Whole({ min: 30, max: 600, optional: true, description: 'How long a customer has to answer.', example: 120 }) lifetimeSeconds?: number;
}

class AttemptsPolicyDto {
  @Whole({ min: 3, max: 10, optional: true, description: 'Wrong codes in a row that lock a customer\'s verifications.', example: 5 }) codeFailures?: number;
}

class PushBudgetPolicyDto {
  @Whole({ min: 1, max: 20, optional: true, description: 'Questions to one customer in a minute.', example: 5 }) perMinute?: number;
  @Whole({ min: 5, max: 100, optional: true, description: 'Questions to one customer since the last one they confirmed.', example: 20 }) sinceConfirmed?: number;
}

class CallPolicyDto {
  @Whole({ min: 60, max: 14_400, optional: true, description: 'After how long a live call ends by itself.', example: 7200 }) lifetimeSeconds?: number;
}

class DevicePolicyDto {
  @Whole({ min: 0, max: 30 * DAY, optional: true, description: 'How long after enrolment a device is trusted.', example: 3 * DAY }) ageSeconds?: number;
  @Whole({ min: 1, max: 50, optional: true, description: 'Live devices of one customer.', example: 10 }) mostPerCustomer?: number;
}

class ContactPolicyDto {
  @Whole({ min: 0, max: 90 * DAY, optional: true, description: 'How long a contact point must have been on file before it vouches for anything.', example: 10 * DAY }) ageSeconds?: number;
}

class SignalsPolicyDto {
  @Whole({ min: 3_600, max: 7 * DAY, optional: true, description: 'How far back `signals` looks.', example: DAY }) windowSeconds?: number;
}

class AdviceWordsDto {
  @OneOf(ADVICE_CODES, { description: 'The advice whose words these are.' }) code: string;
  @Pattern(LOCALE, { maxLength: 16, says: 'a locale such as en or cy-GB', description: 'BCP 47 locale.', example: 'cy' }) locale: string;
  @Text({ maxLength: 140, description: 'One line, read first.' }) headline: string;
  @TextList({ maxItems: 6, maxLength: 200, description: 'What to do, in order.' }) steps: string[];
}

/** The body of PUT: what is left out takes its default. */
export class PolicyDocumentDto {
  @Nested(() => VerificationPolicyDto, { optional: true, description: 'Lifetimes.' }) verification?: VerificationPolicyDto;
  @Nested(() => AttemptsPolicyDto, { optional: true, description: 'Attempt caps.' }) attempts?: AttemptsPolicyDto;
  @Nested(() => PushBudgetPolicyDto, { optional: true, description: 'How often a customer may be asked.' }) pushBudget?: PushBudgetPolicyDto;
  @Nested(() => CallPolicyDto, { optional: true, description: 'Declared calls.' }) call?: CallPolicyDto;
  @Nested(() => DevicePolicyDto, { optional: true, description: 'Devices.' }) device?: DevicePolicyDto;
  @Nested(() => ContactPolicyDto, { optional: true, description: 'Contact points.' }) contact?: ContactPolicyDto;
  @Nested(() => SignalsPolicyDto, { optional: true, description: 'Risk signals.' }) signals?: SignalsPolicyDto;
  @Pattern(/^[A-Z]{2}$/, { maxLength: 2, optional: true, says: 'an ISO 3166-1 alpha-2 code such as GB', description: 'How national phone numbers are read.', example: 'GB' }) defaultCountry?: string;
  @Pattern(LOCALE, { maxLength: 16, optional: true, says: 'a locale such as en or cy-GB', description: 'Locale of customers who have none.', example: 'en' }) defaultLocale?: string;
  @TextList({ maxItems: 12, maxLength: 140, optional: true, description: 'What the bank never asks for, shown with every question.', example: DEFAULT_POLICY.neverAsk }) neverAsk?: string[];
  @NestedList(() => AdviceWordsDto, { maxItems: 200, optional: true, description: 'The bank\'s own words for advice.' }) advice?: AdviceWordsDto[];
}

/** The policy in force, every value filled in. */
export class PolicyAnswer extends PolicyDocumentDto {
  @Answer({ type: 'integer', description: 'Goes up by one with each change; 0 means the defaults. Also the ETag.', example: 3 }) version: number;
  @Answer({ type: 'string', format: 'date-time', nullable: true, description: 'When it was changed.' }) changedAt: string | null;
}
