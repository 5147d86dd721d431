import type { components } from '@countersign/client';

type Schemas = components['schemas'];
export type Call = Schemas['CallReply'];
export type Started = Schemas['StartedVerificationReply'];
export type Callback = Schemas['CallbackReply'];
export type Me = Schemas['MeReply'];
export type Summary = Schemas['CustomerSummaryReply'];
export type Line = Schemas['LineReply'];
export type Display = Readonly<Record<string, unknown>>;
export type Direction = Call['direction'];
export type CallbackResult = Schemas['CallbackOutcomeDto']['result'];
