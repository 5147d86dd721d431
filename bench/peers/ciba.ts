/**
 * The peer: CIBA 1.0 in poll mode with oidc-provider, its state in PostgreSQL. The app's side (what waits, and the
 * customer's signed decision) is not part of CIBA, so it stands here in the least code that does it.
 */
import type { JsonWebKey } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import { type Configuration, Provider } from 'oidc-provider';
import pg from 'pg';
import { postgresAdapter } from './ciba-adapter.js';
import { keyOf, readJws } from './device-signature.js';

interface Row {
  readonly public_key: JsonWebKey;
}

const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL });
const query = async (name: string, sql: string, values: unknown[]): Promise<Row[]> =>
  (await pool.query<Row>({ name, text: sql, values })).rows;
const { privateKey } = await generateKeyPair('ES256', { extractable: true });

const configuration: Configuration = {
  adapter: postgresAdapter(pool),
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'bench' }] },
  clients: [
    {
      client_id: 'bank',
      client_secret: 'bench-secret',
      redirect_uris: [],
      response_types: [],
      grant_types: ['urn:openid:params:grant-type:ciba'],
      token_endpoint_auth_method: 'client_secret_basic',
      backchannel_token_delivery_mode: 'poll',
      id_token_signed_response_alg: 'ES256',
    },
  ],
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  expiresWithSession: () => false,
  issueRefreshToken: () => false,
  features: {
    devInteractions: { enabled: false },
    ciba: {
      enabled: true,
      deliveryModes: ['poll'],
      processLoginHint: (_ctx, hint) => hint,
      processLoginHintToken: () => undefined,
      validateRequestContext: () => undefined,
      validateBindingMessage: () => undefined,
      verifyUserCode: () => undefined,
      triggerAuthenticationDevice: () => undefined,
    },
  },
  ttl: { BackchannelAuthenticationRequest: 120, Grant: 3_600, AccessToken: 3_600, IdToken: 3_600 },
};

const server = createServer({ keepAliveTimeout: 65_000 });
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as { port: number };
const provider = new Provider(`http://127.0.0.1:${port}`, configuration);
const callback = provider.callback();

async function decide(request: IncomingMessage): Promise<number> {
  const jws = readJws((JSON.parse(await text(request)) as { jws: string }).jws);
  const found = await provider.BackchannelAuthenticationRequest.find(jws.payload.request!);
  const [customer] = await query('key', 'SELECT public_key FROM customers WHERE id = $1', [jws.kid]);
  if (!found || !customer || found.accountId !== jws.kid || !jws.by(keyOf(jws.kid, customer.public_key))) return 422;
  const grant = new provider.Grant({ accountId: found.accountId, clientId: found.clientId! });
  grant.addOIDCScope('openid');
  await grant.save();
  await provider.backchannelResult(found, grant, { acr: 'device', authTime: Math.floor(Date.now() / 1_000) });
  return 204;
}

async function pending(customerId: string): Promise<string> {
  const data = await query(
    'pending',
    `SELECT id, payload -> 'params' ->> 'binding_message' AS message FROM oidc
    WHERE model = 'BackchannelAuthenticationRequest' AND account_id = $1 AND consumed_at IS NULL AND expires_at > now() ORDER BY expires_at`,
    [customerId],
  );
  return JSON.stringify({ data });
}

server.on('request', (request: IncomingMessage, response: ServerResponse) => {
  const fail = (error: Error): void =>
    void response.writeHead(500, { 'content-length': Buffer.byteLength(error.message) }).end(error.message);
  if (request.url === '/decisions')
    decide(request).then((status) => response.writeHead(status, { 'content-length': 0 }).end(), fail);
  else if (request.url!.startsWith('/pending/'))
    pending(request.url!.slice('/pending/'.length)).then(
      (body) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
          .end(body),
      fail,
    );
  else void callback(request, response);
});

process.send!({ port });
process.on('disconnect', () => process.exit(0));
