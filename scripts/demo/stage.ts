import { Client, Problem, type ReplyOf, type TokenSource } from '@countersign/client';
import type { Connection } from '@countersign/device';
import { randomBytes } from 'node:crypto';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { CustomerPhone } from './customer-phone.js';
import { type Say, Story } from './story.js';

export interface StageOptions {
  /** Where the running service is. */
  readonly serviceUrl: string;
  /** That service's data directory: the development clients' secrets are there. */
  readonly dataDirectory: string;
  readonly tenant: string;
  readonly say: Say;
}

/** Who plays, each with a token of their own, and the two numbers of the bank that the stories use. */
export interface Stage {
  readonly say: Say;
  /** Whose phone it is, where somebody looks on at `/my`; else a new customer's. */
  readonly customerId?: string;
  /** The backend of the bank's app. */
  readonly app: Client;
  /** Amara Okafor, an agent. */
  readonly agent: Client;
  /** Ben Whitaker, another agent. */
  readonly otherAgent: Client;
  /** Whoever watches for fraud. */
  readonly analyst: Client;
  /** Whoever sets the bank's policy and loads its customers. */
  readonly admin: Client;
  /** The telephony platform with its voice menu. */
  readonly telephony: Client;
  /** A line that the bank calls out on. */
  readonly fraudLine: string;
  /** A line that the bank never calls out on. */
  readonly cardLine: string;
  /** A new customer's phone, which is not enrolled yet. */
  newPhone(customerId?: string): CustomerPhone;
}

export type Call = ReplyOf<'post', '/v1/calls'>;

export const AGENT = 'Amara Okafor';
export const DEPARTMENT = 'Fraud Operations';
export const PURPOSE = 'A payment we stopped';

/** Fetches everybody's token and looks up the bank's lines. @throws DevelopmentTokenError, StepFailed */
export async function setStage({ serviceUrl, dataDirectory, tenant, say }: StageOptions): Promise<Stage> {
  const tokenOf = async (identity: string): Promise<TokenSource> => {
    const fetchToken = (): Promise<string> => fetchDevelopmentToken({ serviceUrl, dataDirectory, tenant, identity });
    let token = await fetchToken();
    return async ({ renew }) => (renew ? (token = await fetchToken()) : token);
  };
  const as = async (identity: string): Promise<Client> =>
    new Client({ url: serviceUrl, token: await tokenOf(identity) });
  const appToken = await tokenOf('app');
  const [agent, otherAgent, telephony, admin, analyst] = [
    await as('agent:amara'),
    await as('agent:ben'),
    await as('telephony'),
    await as('admin'),
    await as('analyst'),
  ];
  const story = new Story('Before it starts', say);
  const numbers = await story.step(
    'The bank has told the service which phone numbers are its own.',
    () => findLines(admin),
    { fraudLine: /^\+/, cardLine: /^\+/ },
    ({ fraudLine, cardLine }) => `it calls out on ${fraudLine}, and never on ${cardLine}, the number on the card`,
  );
  const newPhone = (customerId = newCustomerId()): CustomerPhone => {
    const bank: Connection = { url: serviceUrl, customerId, token: appToken };
    return new CustomerPhone(bank);
  };
  const app = new Client({ url: serviceUrl, token: appToken });
  return { say, app, agent, otherAgent, admin, analyst, telephony, ...numbers, newPhone };
}

async function findLines(admin: Client): Promise<{ fraudLine: string; cardLine: string }> {
  const { data } = await admin.get('/v1/lines');
  const first = (use: string): string => data.find((line) => line.use === use)?.number ?? `no line for ${use}`;
  return { fraudLine: first('outbound'), cardLine: first('inbound_only') };
}

/** A customer whom no run before this one knew. */
export function newCustomerId(): string {
  return `demo-${randomBytes(6).toString('hex')}`;
}

/** A new customer, who enrols a new phone. */
export async function enrolPhone(stage: Stage, story: Story): Promise<CustomerPhone> {
  const phone = stage.newPhone(stage.customerId);
  await story.step(
    "Maya has the bank's app on a new phone, which made a key that never leaves it.",
    () => phone.enrol(),
    { id: /^dev_/ },
    ({ trustedFrom }) => `enrolled; it counts as new until ${trustedFrom.slice(0, 10)}`,
  );
  return phone;
}

/** Declares a call that the bank places to a customer. */
export function declareOutbound(stage: Stage, customerId: string): Promise<Call> {
  const agent = { department: DEPARTMENT };
  return stage.agent.post('/v1/calls', {
    body: { customerId, direction: 'outbound', line: stage.fraudLine, purpose: PURPOSE, agent, verify: true },
  });
}

/** Declares a call that somebody placed to the bank in a customer's name. */
export function declareInbound(stage: Stage, customerId: string): Promise<Call> {
  const agent = { department: DEPARTMENT };
  const purpose = 'Wants a higher transfer limit';
  return stage.agent.post('/v1/calls', {
    body: { customerId, direction: 'inbound', line: stage.cardLine, purpose, agent, verify: true },
  });
}

/** Ends a call. */
export function endCall(stage: Stage, { id: callId }: Call): Promise<unknown> {
  return stage.agent.post('/v1/calls/{callId}/end', { path: { callId } });
}

/** The code that stands on the agent's screen. @throws Error where the customer is asked nothing */
export function codeOf({ verification }: Call): string {
  if (!verification?.code) throw new Error('the customer is asked nothing');
  return verification.code;
}

/** Whether a payment of the customer is to be held. */
export function readSignals(stage: Stage, customerId: string) {
  return stage.app.get('/v1/customers/{customerId}/signals', { path: { customerId } });
}

/** What something is refused with; @throws Error where it is not refused. */
export async function refusalOf(asked: Promise<unknown>): Promise<Problem> {
  const outcome = await asked.catch((error: unknown) => error);
  if (outcome instanceof Problem) return outcome;
  throw outcome instanceof Error ? outcome : new Error('it was not refused');
}

/** The words of a refusal. */
export function titleOf({ details }: Problem): string {
  return String(details['title']);
}
