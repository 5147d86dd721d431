/** What is refused of customers' devices, passkeys and pushes; a part of PROBLEMS. */
export const DEVICE_PROBLEMS = {
  'device-already-enrolled': {
    status: 409,
    title: 'This key is already enrolled for this customer.',
    remedy: 'Use the device that exists, or enrol another key.',
  },
  'proof-not-accepted': {
    status: 422,
    title: 'The proof is not accepted.',
    remedy: 'Make a fresh proof with the key that is being enrolled: see the API guide.',
  },
  'device-limit': {
    status: 422,
    title: 'This customer has as many devices as policy allows.',
    remedy: 'Revoke a device that is no longer used, then enrol this one.',
  },
  'passkeys-unavailable': {
    status: 422,
    title: 'This bank has no domain that passkeys could be made for.',
    remedy: 'Set `passkeys` of the tenant in TENANTS, or a PUBLIC_URL with a domain name under https.',
  },
  'push-unavailable': {
    status: 422,
    title: 'This bank does not push this way.',
    remedy: 'Poll, or keep a stream open. An operator turns pushes on with VAPID_SUBJECT, FCM and APNS.',
  },
  'push-subscription-limit': {
    status: 422,
    title: 'This customer has as many subscriptions to pushes as one may have.',
    remedy: 'Remove one that is no longer used.',
  },
  'push-subscription-refused': {
    status: 422,
    title: 'Pushes are not sent to this address.',
    remedy: 'Send the endpoint as the browser gave it: https, at a public host.',
  },
} as const;
