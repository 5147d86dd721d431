import { randomBytes } from 'node:crypto';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { CustomerDevice } from './customer-device.js';
import { type Reply, ServiceClient } from './service-client.js';
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
  /** The backend of the bank's app. */
  readonly app: ServiceClient;
  /** Amara Okafor, an agent. */
  readonly agent: ServiceClient;
  /** Ben Whitaker, another agent. */
  readonly otherAgent: ServiceClient;
  /** Whoever watches for fraud. */
  readonly analyst: ServiceClient;
  /** Whoever sets the bank's policy and loads its customers. */
  readonly admin: ServiceClient;
  /** The telephony platform with its voice menu. */
  readonly telephony: ServiceClient;
  /** A line that the bank calls out on. */
  readonly fraudLine: string;
  /** A line that the bank never calls out on. */
  readonly cardLine: string;
}

export const AGENT = 'Amara Okafor';
export const DEPARTMENT = 'Fraud Operations';
export const PURPOSE = 'A payment we stopped';

/** Fetches everybody's token and looks up the bank's lines. @throws DevelopmentTokenError, StepFailed */
export async function setStage({ serviceUrl, dataDirectory, tenant, say }: StageOptions): Promise<Stage> {
  const as = async (identity: string): Promise<ServiceClient> =>
    new ServiceClient(serviceUrl, await fetchDevelopmentToken({ serviceUrl, dataDirectory, tenant, identity }));
  const [app, agent, otherAgent, telephony, admin, analyst] = [
    await as('app'),
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
  return { say, app, agent, otherAgent, admin, analyst, telephony, ...numbers };
}

async function findLines(admin: ServiceClient): Promise<{ fraudLine: string; cardLine: string }> {
  const { body } = await admin.get<{ data: { number: string; use: string }[] }>('/v1/lines');
  const first = (use: string): string => body.data.find((line) => line.use === use)?.number ?? `no line for ${use}`;
  return { fraudLine: first('outbound'), cardLine: first('inbound_only') };
}

/** A customer whom no run before this one knew. */
export function newCustomerId(): string {
  return `demo-${randomBytes(6).toString('hex')}`;
}

/** A new customer, who enrols a new phone. */
export async function enrolPhone(stage: Stage, story: Story): Promise<CustomerDevice> {
  const phone = await CustomerDevice.make(newCustomerId());
  await story.step(
    "Maya has the bank's app on a new phone, which made a key that never leaves it.",
    () => phone.enrol(stage.app),
    { status: 201, body: { id: /^dev_/ } },
    ({ body }) => `enrolled; it counts as new until ${body.trustedFrom.slice(0, 10)}`,
  );
  return phone;
}

/** Declares a call that the bank places to a customer. */
export function declareOutbound(stage: Stage, customerId: string): Promise<Reply> {
  return stage.agent.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: stage.fraudLine,
    purpose: PURPOSE,
    agent: { department: DEPARTMENT },
    verify: true,
  });
}

/** Declares a call that somebody placed to the bank in a customer's name. */
export function declareInbound(stage: Stage, customerId: string): Promise<Reply> {
  return stage.agent.post('/v1/calls', {
    customerId,
    direction: 'inbound',
    line: stage.cardLine,
    purpose: 'Wants a higher transfer limit',
    agent: { department: DEPARTMENT },
    verify: true,
  });
}

/** What the customer is asked now; fails where nothing waits. */
export async function readQuestion(stage: Stage, phone: CustomerDevice) {
  const question = await phone.waitingQuestion(stage.app);
  if (!question) throw new Error('nothing waits for the customer');
  return question;
}

/** Asks for a verdict as the customer's app does. */
export function askVerdict(stage: Stage, customerId: string, question: object): Promise<Reply> {
  return stage.app.post(`/v1/customers/${customerId}/call-verdicts`, question);
}
