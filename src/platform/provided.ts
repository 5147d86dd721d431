/** Injection tokens of what the composition root provides. */
export const PROVIDED = {
  databases: Symbol('databases options'),
  serverKeys: Symbol('server keys'),
  publicUrl: Symbol('public url'),
  logger: Symbol('logger'),
} as const;
