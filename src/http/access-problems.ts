/** What is refused for who asks, whatever they ask; a part of PROBLEMS. */
export const ACCESS_PROBLEMS = {
  unauthorized: {
    status: 401,
    title: 'The access token is missing, expired or not accepted.',
    remedy:
      "Send `Authorization: Bearer <token>` with a current access token of your tenant's issuer and audience `urn:countersign`.",
  },
  forbidden: {
    status: 403,
    title: 'The access token does not allow this.',
    remedy: 'Use a token with a scope that the operation lists.',
  },
  'tenant-suspended': {
    status: 403,
    title: 'This bank is not served here at present.',
    remedy:
      'Nothing is confirmed: hang up and ring the number on your card. To ask again, or with another token, is of no use until whoever runs the service resumes the bank.',
  },
} as const;
