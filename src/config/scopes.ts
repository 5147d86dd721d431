/** Every scope this service knows; a token's other scopes mean nothing here. */
export const SCOPES = ['app', 'agent', 'telephony', 'analyst', 'admin', 'supervisor', 'customer'] as const;

export type Scope = (typeof SCOPES)[number];
