/** How a notice goes out. */
export const CHANNELS = ['sms', 'email', 'letter', 'app'] as const;
export type Channel = (typeof CHANNELS)[number];
