import { Locale, Pattern, Time } from '../http/fields.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

export class MakeClaimDto {
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of the customer.",
    example: 'cust-1001',
  })
  customerId: string;
  @Time({ description: 'From this time on.', example: '2026-11-01T00:00:00Z' }) from: string;
  @Time({
    description: 'Until before this time, 400 days later at most; a time to come is now.',
    example: '2026-12-01T00:00:00Z',
  })
  to: string;
  @Locale({
    optional: true,
    description: "In which language its page is: English or German. Without it, the token's.",
    example: 'de',
  })
  locale?: string;
}
