import type { IncomingMessage, ServerResponse } from 'node:http';
import type * as oidcProvider from 'oidc-provider';
import type { AdapterFactory, Provider } from 'oidc-provider';
import { developmentIssuerPath, developmentIssuerUrl } from './addresses.js';
import { ensureIssuerSecrets, type IssuerSecrets } from './issuer-file.js';
import { memoryAdapter } from './memory-adapter.js';
import { providerConfiguration } from './provider-configuration.js';
import { type OwnEndpoints, ownEndpoints } from './own-endpoints.js';
import { isPageOf, scopesOfClient } from './public-clients.js';
import { SCOPES } from '../principal.js';
import { answerSignIn } from './sign-in.js';

export interface DevelopmentIssuersOptions {
  readonly tenants: readonly string[];
  /** How clients reach the service; each issuer is `<publicUrl>/oidc/<tenant>`. */
  readonly publicUrl: string;
  /** The issuers' secrets are kept in its folder `issuer`. */
  readonly dataDirectory: string;
  /** Where an issuer keeps the sign-ins that are under way; this process's memory, unless others serve behind the same port. */
  readonly storage?: (tenant: string) => AdapterFactory;
  /** What time it is by the clock that tokens are verified by, milliseconds; this process's own where nothing is said. */
  readonly now?: () => number;
  /** Told of an issuer's own failures (an answer of 500). */
  readonly onError?: (tenant: string, error: Error) => void;
}

export interface DevelopmentIssuers {
  /** Answers a request under `/oidc/<tenant>/` and returns true; returns false, and does nothing, for any other. */
  handle(req: IncomingMessage, res: ServerResponse): boolean;
}

interface Mounted {
  readonly tenant: string;
  readonly issuer: URL;
  readonly provider: Provider;
  readonly own: OwnEndpoints;
  readonly answer: (req: IncomingMessage, res: ServerResponse) => Promise<void>;
}

const SIGN_IN_PATH = /^\/interaction\/([\w-]{1,64})(?:\?|$)/;

/**
 * Returns an OpenID Connect issuer for each tenant, on which anyone can sign in as any demo agent without a password.
 * @throws Error when NODE_ENV is `production`, whatever the configuration says
 */
export async function createDevelopmentIssuers({
  tenants,
  publicUrl,
  dataDirectory,
  storage = memoryAdapter,
  now = () => Date.now(),
  onError,
}: DevelopmentIssuersOptions): Promise<DevelopmentIssuers> {
  // Read here and not handed over: no mistake in configuration may open this door.
  if (process.env.NODE_ENV === 'production') {
    throw new Error(
      'The development issuer is refused when NODE_ENV=production: anyone can sign in as anyone there. Set TENANTS to your own issuers.',
    );
  }
  const mounts = new Map<string, () => Promise<Mounted>>();
  for (const tenant of tenants) {
    const secrets = await ensureIssuerSecrets(dataDirectory, tenant);
    let mounted: Promise<Mounted> | undefined;
    // Made when it is first asked for: the library takes a quarter of a second to load, and verdicts do not need it.
    mounts.set(
      tenant,
      () => (mounted ??= mount({ tenant, publicUrl, secrets, adapter: storage(tenant), now, onError })),
    );
  }
  return {
    handle(req, res) {
      const tenant = /^\/oidc\/([^/?]+)\//.exec(req.url ?? '')?.[1];
      const target = tenant === undefined ? undefined : mounts.get(tenant);
      if (tenant === undefined || !target) return false;
      target()
        .then((mounted) => answer(mounted, req, res))
        .catch((error: Error) => {
          onError?.(tenant, error);
          if (!res.headersSent) res.writeHead(500);
          res.end();
        });
      return true;
    },
  };
}

interface MountOptions extends Pick<DevelopmentIssuersOptions, 'publicUrl'> {
  readonly tenant: string;
  readonly secrets: IssuerSecrets;
  readonly adapter: AdapterFactory;
  readonly now: () => number;
  readonly onError: DevelopmentIssuersOptions['onError'];
}

async function mount({ tenant, publicUrl, secrets, adapter, now, onError }: MountOptions): Promise<Mounted> {
  const { Provider, errors } = await importLibrary();
  const issuer = developmentIssuerUrl(publicUrl, tenant);
  const provider = new Provider(
    issuer,
    providerConfiguration({
      issuer,
      publicUrl: publicUrl.replace(/\/+$/, ''),
      secrets,
      adapter,
      now,
      InvalidTarget: errors.InvalidTarget,
    }),
  );
  provider.proxy = true;
  provider.on('server_error', (_ctx, error) => onError?.(tenant, error));
  forgetSessions(provider);
  takePagesOfThisMachine(provider, publicUrl);
  const { d: _private, ...publicKey } = secrets.signingKey;
  const own = ownEndpoints({ issuer, publicUrl, publicKey, now });
  return { tenant, issuer: new URL(issuer), provider, own, answer: provider.callback() };
}

/** No single sign-on: every sign-in asks again who one wants to be. */
function forgetSessions(provider: Provider): void {
  const finished = new WeakSet<object>();
  provider.on('authorization.success', (ctx) => finished.add(ctx));
  provider.use(async (ctx, next) => {
    await next();
    if (finished.has(ctx)) await ctx.oidc.session?.destroy();
  });
}

/** A page that asks for none of its client's scopes means all of them (RFC 6749 §3.3). */
function askingForOwnScopes(url: string): string {
  const [path, query] = url.split('?', 2);
  const params = new URLSearchParams(query);
  const asked = params.get('scope')?.split(' ') ?? [];
  if (path !== '/auth' || SCOPES.some((one) => asked.includes(one)) || params.getAll('scope').length > 1) return url;
  params.set('scope', [...asked, ...scopesOfClient(params.get('client_id') ?? '')].join(' '));
  return `${path}?${params}`;
}

/** Development servers listen wherever they like, on addresses that nobody could register one by one. */
function takePagesOfThisMachine(provider: Provider, publicUrl: string): void {
  const client = provider.Client.prototype;
  const { redirectUriAllowed } = client;
  client.redirectUriAllowed = function (this: typeof client, address: string) {
    return redirectUriAllowed.call(this, address) || isPageOf(this.clientId, address, publicUrl);
  };
}

async function answer(
  { tenant, issuer, provider, own, answer: answerByProvider }: Mounted,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const url = askingForOwnScopes((req.url ?? '').slice(developmentIssuerPath(tenant).length));
  // Every address that the library hands out is under the public URL: what the client sent as Host has no say.
  req.headers['x-forwarded-proto'] = issuer.protocol.slice(0, -1);
  req.headers['x-forwarded-host'] = issuer.host;
  const interaction = SIGN_IN_PATH.exec(url)?.[1];
  if (interaction !== undefined) return answerSignIn(provider, tenant, interaction, req, res);
  if (own.handle(url, req, res)) return;
  (req as { originalUrl?: string }).originalUrl = `${issuer.pathname}${url}`;
  req.url = url;
  return answerByProvider(req, res);
}

/**
 * Loads the library only where it is wanted, and without its remark that it is tested on Node.js 22 and later alone:
 * the tests of this folder run it on 20 as well.
 */
async function importLibrary(): Promise<typeof oidcProvider> {
  const { warn } = console;
  // eslint-disable-next-line no-console -- the library has no other way to be told
  console.warn = (...values: unknown[]) => {
    if (!String(values[0]).includes('Unsupported runtime')) warn(...values);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn; // eslint-disable-line no-console -- as it was
  }
}
