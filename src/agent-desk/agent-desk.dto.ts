import { ForeignText, Pattern } from '../http/fields.js';
import { MOST_NUMBER_CHARACTERS } from '../readers/number.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

export class CustomerSearchDto {
  @ForeignText({
    maxLength: MOST_NUMBER_CHARACTERS,
    optional: true,
    description: 'A whole phone number that is on file now.',
    example: '+447700900123',
  })
  number?: string;
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "The bank's own id of a customer, in place of a number.",
    example: 'cust-1001',
  })
  customerId?: string;
}
