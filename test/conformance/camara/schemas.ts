/**
 * What goes over the wire in the CAMARA APIs that number signals speak, restated as JSON Schema from the published OpenAPI
 * (Apache-2.0), read in November 2026:
 *
 * - SIM Swap 2.1.0 (`/sim-swap/v2`), github.com/camaraproject/SimSwap, code/API_definitions/sim-swap.yaml at 03217238:
 *   operation `checkSimSwap`, schemas `CreateCheckSimSwap`, `CheckSimSwapInfo`, `ErrorInfo`
 * - Call Forwarding Signal 0.3.0 (`/call-forwarding-signal/v0.3`), github.com/camaraproject/CallForwardingSignal,
 *   code/API_definitions/call-forwarding-signal.yaml at 10290a93: operations `retrieveUnconditionalCallForwarding` and
 *   `retrieveCallForwarding`, schemas `CreateCallForwardingSignal`, `UnconditionalCallForwardingSignal`,
 *   `CallForwardingSignal`, `ErrorInfo`
 *
 * With a two-legged token `phoneNumber` must be given, so requests require it here. Requests allow no other fields, so
 * that a field we invent is found; answers do, as OpenAPI has it.
 */
const phoneNumber = { type: 'string', pattern: '^\\+[1-9][0-9]{4,14}$' };

export const CORRELATOR = /^[a-zA-Z0-9-]{0,55}$/;

export const errorInfo = {
  type: 'object',
  required: ['status', 'code', 'message'],
  properties: { status: { type: 'integer' }, code: { type: 'string' }, message: { type: 'string' } },
};

/** By path: the scope that the operation needs, its request and its 200 answer. */
export const OPERATIONS = {
  '/sim-swap/v2/check': {
    scope: 'sim-swap:check',
    request: {
      type: 'object',
      required: ['phoneNumber'],
      additionalProperties: false,
      properties: { phoneNumber, maxAge: { type: 'integer', minimum: 1, maximum: 2400 } },
    },
    answer: { type: 'object', required: ['swapped'], properties: { swapped: { type: 'boolean' } } },
  },
  '/call-forwarding-signal/v0.3/unconditional-call-forwardings': {
    scope: 'call-forwarding-signal:unconditional-call-forwardings:read',
    request: { type: 'object', required: ['phoneNumber'], additionalProperties: false, properties: { phoneNumber } },
    answer: { type: 'object', properties: { active: { type: 'boolean' } } },
  },
  '/call-forwarding-signal/v0.3/call-forwardings': {
    scope: 'call-forwarding-signal:call-forwardings:read',
    request: { type: 'object', required: ['phoneNumber'], additionalProperties: false, properties: { phoneNumber } },
    answer: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'string',
        enum: ['inactive', 'unconditional', 'conditional_busy', 'conditional_not_reachable', 'conditional_no_answer'],
      },
    },
  },
} as const;

/** The errors that these operations document, by status and code. */
export const ERRORS: [status: number, code: string][] = [
  [400, 'INVALID_ARGUMENT'],
  [400, 'OUT_OF_RANGE'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [404, 'IDENTIFIER_NOT_FOUND'],
  [404, 'CALL_FORWARDING.UNKNOWN_PHONE_NUMBER'],
  [422, 'SERVICE_NOT_APPLICABLE'],
  [422, 'MISSING_IDENTIFIER'],
  [422, 'UNNECESSARY_IDENTIFIER'],
  [429, 'QUOTA_EXCEEDED'],
  [429, 'TOO_MANY_REQUESTS'],
  [501, 'NOT_IMPLEMENTED'],
];
