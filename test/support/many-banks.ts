import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { OpenRequests } from './open-requests.js';
import { LINE } from './service.js';
import { type Reply, type RequestOptions, ServiceClient } from './service-client.js';
import { newSigningKey, signAccessToken, type SigningKey, TokenIssuer } from './token-issuer.js';

export const MOST_CONNECTIONS = 200;
/** The same at every bank, and so is their line: an answer of the wrong one would be there. */
const CUSTOMER = 'cust-of-every-bank';
const LOOK_MS = 10;

/** A client each of whose requests is followed until it has its answer. */
class FollowedClient extends ServiceClient {
  constructor(
    url: string,
    token: string,
    private readonly bank: string,
    private readonly requests: OpenRequests,
  ) {
    super(url, token);
  }

  protected override requestOnce<Body>(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body: unknown,
    options: RequestOptions,
  ): Promise<Reply<Body>> {
    return this.requests.follow(`${method} ${path} of ${this.bank}`, (id) =>
      super.requestOnce(method, path, body, { ...options, headers: { ...options.headers, 'x-request-id': id } }),
    );
  }
}

const purposeOf = (bank: string): string => `A payment of ${bank}`;

/** Banks with an issuer each, whose keys are fetched from one server; and what each of them does. */
export class ManyBanks {
  private constructor(
    readonly ids: readonly string[],
    readonly requests: OpenRequests,
    private readonly issuer: TokenIssuer,
    private readonly key: SigningKey,
  ) {}

  /** @param whatGoesOn at the service, for the message about a request that has no answer */
  static async start(count: number, whatGoesOn: () => Promise<string>): Promise<ManyBanks> {
    const [issuer, key] = await Promise.all([new TokenIssuer().start(), newSigningKey('k1')]);
    issuer.keys = [key.jwk];
    return new ManyBanks(
      Array.from({ length: count }, (_, n) => `bank-${n}`),
      new OpenRequests(whatGoesOn),
      issuer,
      key,
    );
  }

  /** As TENANTS has them. */
  get tenants(): string {
    const { url } = this.issuer;
    return JSON.stringify(this.ids.map((id) => ({ id, issuer: `${url}/${id}`, jwksUri: `${url}/jwks` })));
  }

  async as(url: string, bank: string, scope: string): Promise<ServiceClient> {
    const claims = this.issuer.claims({
      iss: `${this.issuer.url}/${bank}`,
      scope,
      sub: `${scope} of ${bank}`,
      name: `${scope} of ${bank}`,
    });
    return new FollowedClient(url, await signAccessToken(this.key, claims), bank, this.requests);
  }

  /**
   * What one bank does at one process, none of which may show what another does. Returns the id of its call.
   * @param served asks again what may be asked again
   */
  async story(url: string, bank: string, served = untilServed): Promise<string> {
    const [admin, agent, app] = (await Promise.all(
      ['admin', 'agent', 'app'].map((scope) => this.as(url, bank, scope)),
    )) as [ServiceClient, ServiceClient, ServiceClient];
    const path = `/v1/lines/${encodeURIComponent(LINE)}`;
    const line = await served(() => admin.put(path, { use: 'outbound', label: bank }));
    expect([line.status < 300, line.body.label]).toEqual([true, bank]);
    const phoneNumbers = [{ number: '+447700900123' }];
    const customer = await served(() => admin.put(`/v1/customers/${CUSTOMER}`, { phoneNumbers }));
    expect(customer.status).toBeLessThan(300);
    const declared = { customerId: CUSTOMER, direction: 'outbound', line: LINE, purpose: purposeOf(bank) };
    // Done once, however often it is asked.
    const once = (): { headers: Record<string, string> } => ({ headers: { 'idempotency-key': randomUUID() } });
    const declaration = once();
    const call = await served(() => agent.post('/v1/calls', declared, declaration));
    expect([call.status, call.body.purpose]).toEqual([201, purposeOf(bank)]);
    const [read, lines, verdict] = (await Promise.all([
      served(() => agent.get(`/v1/calls/${call.body.id}`)),
      served(() => admin.get('/v1/lines')),
      served(() => app.post(`/v1/customers/${CUSTOMER}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE })),
    ])) as [Reply, Reply, Reply];
    expect(read.body).toMatchObject({ id: call.body.id, purpose: purposeOf(bank) });
    expect(JSON.stringify(lines.body).match(/"label":"[^"]*"/g)).toEqual([`"label":"${bank}"`]);
    expect(verdict).toMatchObject({ status: 200, body: { verdict: 'legitimate' } });
    const ending = once();
    expect((await served(() => agent.post(`/v1/calls/${call.body.id}/end`, undefined, ending))).status).toBe(200);
    return call.body.id as string;
  }

  stop(): void {
    this.issuer.stop();
  }
}

/** Asks again as a client does, where the service has too much to do just now or is still at it: nobody is to be told anything wrong instead. */
export async function untilServed(ask: () => Promise<Reply>): Promise<Reply> {
  for (const deadline = Date.now() + 90_000; ;) {
    const reply = await ask();
    const isToBeAskedAgain =
      reply.status === 503 ||
      reply.body?.verdict === 'unknown' ||
      /\/idempotency-in-progress$/.test(String(reply.body?.type));
    if (!isToBeAskedAgain || Date.now() > deadline) return reply;
    await sleep(200 + Math.random() * 300);
  }
}

/** How many connections there are, by the name that each says. */
export type Connections = Readonly<Record<string, number>>;

export const sumOf = (counts: Connections): number => Object.values(counts).reduce((sum, open) => sum + open, 0);

/** Counts until it is told to stop; returns the most that there were, of what kinds. */
export function watchConnections(
  count: () => Promise<Connections>,
): () => Promise<{ most: number; kinds: Set<string> }> {
  const kinds = new Set<string>();
  let [most, stopped] = [0, false];
  const watching = (async () => {
    while (!stopped) {
      const counts = await count();
      for (const name of Object.keys(counts)) kinds.add(name);
      most = Math.max(most, sumOf(counts));
      await sleep(LOOK_MS);
    }
  })();
  return async () => {
    stopped = true;
    await watching;
    return { most, kinds };
  };
}

/** What the database has under way, and for how long, beside the one who asks. */
export async function underWay(query: (text: string) => Promise<object[]>): Promise<string> {
  const rows = await query(
    `SELECT application_name AS name, state, wait_event AS waits, age(clock_timestamp(), state_change)::text AS since,
        left(query, 100) AS query
      FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()`,
  );
  return ['under way:', ...rows.map((row) => JSON.stringify(row))].join('\n');
}
