import { createHash, randomBytes } from 'node:crypto';
import {
  AGENT_CLIENT_ID,
  CONSOLE_CLIENT_ID,
  CUSTOMER_CLIENT_ID,
  developmentIssuerPath,
  LOOPBACK_REDIRECT_URI,
} from './addresses.js';
import { DEMO_PEOPLE, type DemoPerson, scopesOf } from './demo-people.js';
import { issuerFile, MACHINE_CLIENTS, readIssuerSecrets } from './issuer-file.js';
import type { MachineClient } from './issuer-file.js';

const TIMEOUT_MS = 10_000;
const MAX_HOPS = 6;

export interface DevelopmentTokenRequest {
  /** Where the service is reached, for example `http://127.0.0.1:3000`. */
  readonly serviceUrl: string;
  /** The data directory of that service: the clients' secrets are there. */
  readonly dataDirectory: string;
  readonly tenant: string;
  /** `app`, `telephony`, `admin`, `analyst`, or the kind and id of a demo person, such as `agent:amara` or `customer:maya`. */
  readonly identity: string;
}

/** No token could be had; the message is a sentence for the person who asked. */
export class DevelopmentTokenError extends Error {}

/** Every identity that the development issuer knows. */
export const DEVELOPMENT_IDENTITIES: readonly string[] = [...MACHINE_CLIENTS, ...DEMO_PEOPLE.map(identityOf)];

function identityOf({ kind, id }: DemoPerson): string {
  return `${kind}:${id}`;
}

/**
 * Returns an access token of a running service's development issuer, good for one hour: by client credentials, and
 * for a person by authorization code with PKCE (RFC 7636), as a browser would.
 * @throws DevelopmentTokenError that says what is wrong and what to do
 */
export async function fetchDevelopmentToken({
  serviceUrl,
  dataDirectory,
  tenant,
  identity,
}: DevelopmentTokenRequest): Promise<string> {
  if (!DEVELOPMENT_IDENTITIES.includes(identity)) {
    throw new DevelopmentTokenError(
      `There is no identity "${identity}". There are: ${DEVELOPMENT_IDENTITIES.join(', ')}.`,
    );
  }
  const browser = await Browser.open(serviceUrl.replace(/\/+$/, ''), tenant);
  const person = DEMO_PEOPLE.find((one) => identityOf(one) === identity);
  return person
    ? personToken(browser, person)
    : machineToken(browser, identity as MachineClient, issuerFile(dataDirectory, tenant));
}

async function machineToken(browser: Browser, client: MachineClient, file: string): Promise<string> {
  const secret = await readClientSecret(file, client);
  const response = await browser.post(
    '/token',
    { grant_type: 'client_credentials', scope: client },
    {
      authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
    },
  );
  if (response.status === 401) {
    throw new DevelopmentTokenError(
      `The service does not accept the secret in ${file}: it runs on another data directory. Set DATA_DIR to the one it was started with.`,
    );
  }
  return accessToken(response);
}

async function readClientSecret(file: string, client: MachineClient): Promise<string> {
  try {
    return (await readIssuerSecrets(file)).clientSecrets[client];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new DevelopmentTokenError(
        `${file} is not there: the service runs on another data directory. Set DATA_DIR to the one it was started with.`,
      );
    if (code === 'EACCES' || code === 'EPERM')
      throw new DevelopmentTokenError(`${file} belongs to another user. Run this as the user who started the service.`);
    throw new DevelopmentTokenError(message);
  }
}

/** The client through which a person would come. */
const CLIENTS: Readonly<Record<DemoPerson['kind'], string>> = {
  agent: AGENT_CLIENT_ID,
  supervisor: AGENT_CLIENT_ID,
  analyst: CONSOLE_CLIENT_ID,
  admin: CONSOLE_CLIENT_ID,
  customer: CUSTOMER_CLIENT_ID,
};

async function personToken(browser: Browser, person: DemoPerson): Promise<string> {
  const clientId = CLIENTS[person.kind];
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: LOOPBACK_REDIRECT_URI,
    scope: ['openid', 'profile', ...scopesOf(person)].join(' '),
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const signInPage = location(await browser.get(`/auth?${query}`));
  let next = location(await browser.post(browser.pathOf(signInPage), { person: person.id }));
  for (let hop = 0; !next.startsWith(LOOPBACK_REDIRECT_URI) && hop < MAX_HOPS; hop += 1) {
    next = location(await browser.get(browser.pathOf(next)));
  }
  const answer = new URL(next).searchParams;
  const code = answer.get('code');
  if (code === null || answer.get('state') !== state) throw unexpected('the sign-in ended without a code');
  return accessToken(
    await browser.post('/token', {
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: LOOPBACK_REDIRECT_URI,
      code,
      code_verifier: verifier,
    }),
  );
}

/** Requests to one issuer, with cookies by hand; the issuer's public address need not be reachable from here. */
class Browser {
  readonly #cookies = new Map<string, string>();
  #issuer = '';

  private constructor(
    private readonly base: string,
    private readonly serviceUrl: string,
  ) {}

  /** Finds the issuer of a tenant at a running service. */
  static async open(serviceUrl: string, tenant: string): Promise<Browser> {
    const browser = new Browser(`${serviceUrl}${developmentIssuerPath(tenant)}`, serviceUrl);
    const response = await browser.get('/.well-known/openid-configuration');
    const { issuer } = (response.status === 200 ? await response.json().catch(() => ({})) : {}) as { issuer?: string };
    if (typeof issuer !== 'string') {
      throw new DevelopmentTokenError(
        `The service at ${serviceUrl} has no development issuer for tenant "${tenant}". In development there are northbank and southbank; in production there is none, and tokens come from the bank's own issuer.`,
      );
    }
    browser.#issuer = issuer;
    return browser;
  }

  get(path: string): Promise<Response> {
    return this.#send(path, { method: 'GET' });
  }

  post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
    return this.#send(path, { method: 'POST', body: new URLSearchParams(form), headers });
  }

  /** The path below the issuer of an address that it redirects to. */
  pathOf(address: string): string {
    const { href } = new URL(address, this.#issuer);
    if (!href.startsWith(`${this.#issuer}/`)) throw unexpected('it redirects to another service');
    return href.slice(this.#issuer.length);
  }

  async #send(
    path: string,
    init: { method: string; body?: URLSearchParams; headers?: Record<string, string> },
  ): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, ...(cookie === '' ? {} : { cookie }) };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(`${this.base}${path}`, { ...init, headers, redirect: 'manual', signal }).catch(() => {
      throw new DevelopmentTokenError(
        `No service answers at ${this.serviceUrl}. Start it with \`npm start\`, or set COUNTERSIGN_URL to where it is.`,
      );
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) this.#cookies.set(name, value);
    }
    return response;
  }
}

function location(response: Response): string {
  const target = response.headers.get('location');
  if (target === null) throw unexpected(`status ${response.status} where a redirect was due`);
  return target;
}

async function accessToken(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { access_token?: unknown; error?: unknown };
  if (response.status !== 200 || typeof body.access_token !== 'string')
    throw unexpected(`status ${response.status}, ${String(body.error)}`);
  return body.access_token;
}

function unexpected(what: string): DevelopmentTokenError {
  return new DevelopmentTokenError(`The development issuer did not give a token: ${what}.`);
}
