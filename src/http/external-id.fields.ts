import { Pattern } from './fields.js';

/** What other systems give as ids: no blanks, nothing that is not seen. */
const EXTERNAL_ID = /^[\x21-\x7e]{1,128}$/;
const EXTERNAL_SYSTEM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;

/** The id that another system (Genesys, Connect, Flex, Salesforce) has for the same thing. */
export function ExternalId(description: string): PropertyDecorator {
  return Pattern(EXTERNAL_ID, {
    maxLength: 128,
    optional: true,
    says: 'must be 1 to 128 visible ASCII characters',
    description,
    example: '4b7f9f5c-2d6e-4d5e-9a51-0f0c6a4d7f11',
  });
}

export function ExternalSystem(description: string): PropertyDecorator {
  return Pattern(EXTERNAL_SYSTEM, {
    maxLength: 40,
    optional: true,
    says: 'must be 1 to 40 of A–Z a–z 0–9 . _ -, beginning with a letter or digit',
    description,
    example: 'genesys',
  });
}
