/** Injection tokens of what the composition root provides. */
export const PROVIDED = {
  databases: Symbol('databases options'),
  /** A read replica, or null. */
  replica: Symbol('read replica'),
  serverKeys: Symbol('server keys'),
  publicUrl: Symbol('public url'),
  pages: Symbol('pages for customers'),
  logger: Symbol('logger'),
  modulusWeights: Symbol('UK modulus weights'),
  numberSignals: Symbol('number signals'),
  payeeCheck: Symbol('payee check'),
  jobs: Symbol('jobs options'),
  deliveryLimits: Symbol('webhook delivery limits'),
  /** Ids of the tenants whose developers may ask why an answer was not accepted. */
  tracedTenants: Symbol('traced tenants'),
  logHold: Symbol('log hold options'),
  push: Symbol('push'),
  rateLimits: Symbol('rate limits'),
  mostConnections: Symbol('most open connections of clients'),
  requestsUnderWay: Symbol('most requests under way'),
  relyingParties: Symbol('relying parties of passkeys'),
} as const;
