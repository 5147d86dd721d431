/**
 * What goes over the wire in UK Confirmation of Payee, restated as JSON Schema from what participants publish of Pay.UK's
 * account name verification, read in November 2026:
 *
 * - the request, and a requester's bearer token and `x-fapi-interaction-id`: Banfico, "Confirmation of Payee Requestor
 *   Service", `POST /requester/v1.0/cop-iban-check/account-verifications` (portal.qnb-cop-sbx.banfico.io)
 * - the answer, and client-credential tokens with scope `name-verification`: Santander UK, OpenAPI of "Confirmation Of
 *   Payee" 2.9.1, `OBNameVerificationResponse` (sandbox-developer.santander.co.uk). It asks for a reason and a name with
 *   every answer; ClearBank's OpenAPI "CoP.Outbound" 1.0 says that both are absent from a match, so neither is required
 * - `SecondaryIdentification`, for a roll number: ClearBank, OpenAPI of "CoP.Outbound" 1.0; Open Banking's accounts have it too
 * - the unstructured form of a name, `,,Name`: Banfico and ClearBank
 * - the reason codes: LHV Connect, "Confirmation of Payee – Requester" (docs.lhv.com)
 */
export const request = {
  type: 'object',
  required: ['Data'],
  additionalProperties: false,
  properties: {
    Data: {
      type: 'object',
      required: ['AccountType', 'SchemeName', 'Identification', 'Name'],
      additionalProperties: false,
      properties: {
        AccountType: { type: 'string', enum: ['Personal', 'Business'] },
        SchemeName: { type: 'string', enum: ['SortCodeAccountNumber', 'IBAN'] },
        Identification: { type: 'string', pattern: '^([0-9]{14}|GB[0-9]{2}[A-Z]{4}[0-9]{14})$' },
        SecondaryIdentification: { type: 'string', minLength: 1, maxLength: 34 },
        Name: { type: 'string', maxLength: 142, pattern: '^[^,]*,[^,]*,[^,]+$' },
      },
    },
  },
};

export const answer = {
  type: 'object',
  required: ['Data'],
  properties: {
    Data: {
      type: 'object',
      required: ['VerificationReport'],
      properties: {
        VerificationReport: {
          type: 'object',
          required: ['Matched'],
          properties: {
            Matched: { type: 'boolean' },
            ReasonCode: { type: ['string', 'null'] },
            Name: { type: ['string', 'null'] },
          },
        },
      },
    },
  },
};

/** Every reason code, and the class that it belongs to. */
export const REASONS: [code: string, result: 'close_match' | 'no_match' | 'unavailable', what: string][] = [
  ['ANNM', 'no_match', 'the name does not match'],
  ['AC01', 'no_match', 'there is no such account'],
  ['MBAM', 'close_match', 'the name is close'],
  ['BANM', 'close_match', 'the name matches, of a business account'],
  ['PANM', 'close_match', 'the name matches, of a personal account'],
  ['BAMM', 'close_match', 'the name is close, of a business account'],
  ['PAMM', 'close_match', 'the name is close, of a personal account'],
  ['IVCR', 'unavailable', 'the secondary reference is wrong'],
  ['ACNS', 'unavailable', 'the account cannot be checked'],
  ['OPTO', 'unavailable', 'the holder opted out'],
  ['CASS', 'unavailable', 'the account was switched to another bank'],
  ['SCNS', 'unavailable', 'the sort code belongs to another bank'],
];
