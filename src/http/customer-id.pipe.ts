import { Injectable, type PipeTransform } from '@nestjs/common';
import { invalidField } from '../refusals/refusal.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

/** A customer id in a path; 400 for what cannot be one. */
@Injectable()
export class CustomerIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (typeof value !== 'string' || !CUSTOMER_ID.test(value))
      throw invalidField('#/customerId', 'must be 1 to 64 of A–Z a–z 0–9 . _ -');
    return value;
  }
}
