/** A customer's own id at the bank. */
export const CUSTOMER_ID = /^[A-Za-z0-9._-]{1,64}$/;
