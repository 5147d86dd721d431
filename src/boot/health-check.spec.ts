import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askForHealth } from './health-check.js';

let server: Server | undefined;
afterEach(() => void server?.close());

async function answering(status: number, body: string): Promise<{ environment: NodeJS.ProcessEnv; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    asked.push(request.url!);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { environment: { HOST: '0.0.0.0', PORT: String((server.address() as AddressInfo).port) }, asked };
}

describe('the health of a service', () => {
  it('is what it says of itself, at the loopback of the address that it listens on', async () => {
    const { environment, asked } = await answering(200, '{"status":"ok"}');
    expect(await askForHealth(environment, 'ready')).toEqual({ ok: true, detail: 'ok' });
    expect(await askForHealth(environment, 'live')).toEqual({ ok: true, detail: 'ok' });
    expect(asked).toEqual(['/health/ready', '/health/live']);
  });

  it('is bad where it says why, where it answers otherwise, and where nothing answers', async () => {
    const refusing = await answering(503, '{"detail":"The database does not answer."}');
    expect(await askForHealth(refusing.environment, 'ready')).toEqual({
      ok: false,
      detail: 'The database does not answer.',
    });
    server!.close();
    const other = await answering(404, '{}');
    expect(await askForHealth(other.environment, 'ready')).toEqual({ ok: false, detail: 'It answers 404.' });
    server!.close();
    const strange = await answering(200, '<html>');
    expect((await askForHealth(strange.environment, 'ready')).ok).toBe(false);
    server!.close();
    expect(await askForHealth({ PORT: '1' }, 'ready')).toMatchObject({
      ok: false,
      detail: expect.stringContaining('http://127.0.0.1:1/health/ready'),
    });
  });
});
