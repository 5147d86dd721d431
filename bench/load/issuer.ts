import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const LIFETIME = '4 hours';

/** A bank's own issuer of access tokens (RFC 9068), as the service meets it outside development. */
export interface BenchIssuer {
  readonly issuer: string;
  token(scope: string, subject?: string, name?: string): Promise<string>;
  stop(): void;
}

export async function startIssuer(): Promise<BenchIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256', use: 'sig' }] });
  const server: Server = createServer(
    (_request, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(jwks),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    issuer,
    token: (scope, subject = 'backend', name) =>
      new SignJWT({ scope, client_id: 'bench', jti: randomUUID(), ...(name ? { name } : {}) })
        .setProtectedHeader({ alg: 'ES256', kid: 'bench', typ: 'at+jwt' })
        .setIssuer(issuer)
        .setAudience('urn:countersign')
        .setSubject(subject)
        .setIssuedAt()
        .setExpirationTime(LIFETIME)
        .sign(privateKey),
    stop: () => server.close(),
  };
}
