import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LyingProxy {
  readonly url: string;
  stop(): Promise<void>;
}

/** Stands before a service and passes everything on, but changes the JSON answers of one route. */
export async function startLyingProxy(
  serviceUrl: string,
  route: RegExp,
  lie: (body: any) => unknown,
): Promise<LyingProxy> {
  const server = createServer((incoming, outgoing) => {
    pass(serviceUrl, route, lie, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function pass(
  serviceUrl: string,
  route: RegExp,
  lie: (body: any) => unknown,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  const {
    host: _host,
    connection: _connection,
    'content-length': _length,
    'transfer-encoding': _encoding,
    ...headers
  } = incoming.headers;
  const response = await fetch(serviceUrl + incoming.url!, {
    method: incoming.method!,
    headers: headers as Record<string, string>,
    redirect: 'manual',
    ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
  });
  const {
    'content-length': _size,
    'content-encoding': _coding,
    'transfer-encoding': _transfer,
    connection: _kept,
    ...kept
  } = Object.fromEntries(response.headers);
  outgoing.writeHead(response.status, { ...kept, 'set-cookie': response.headers.getSetCookie() });
  if (route.test(incoming.url!)) return void outgoing.end(JSON.stringify(lie(await response.json())));
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) outgoing.write(chunk);
  outgoing.end();
}
