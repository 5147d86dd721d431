/** Injection tokens of what the composition root provides. */
export const PROVIDED = {
  databases: Symbol('databases options'),
  serverKeys: Symbol('server keys'),
  publicUrl: Symbol('public url'),
  logger: Symbol('logger'),
  modulusWeights: Symbol('UK modulus weights'),
  numberSignals: Symbol('number signals'),
  payeeCheck: Symbol('payee check'),
  jobs: Symbol('jobs options'),
  deliveryLimits: Symbol('webhook delivery limits'),
  logHold: Symbol('log hold options'),
} as const;
