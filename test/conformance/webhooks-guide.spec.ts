import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../support/program.js';
import { freePort } from '../../bench/load/free-port.js';
import { startTestService, type TestService } from '../support/service.js';

const GUIDE = readFileSync('docs/webhooks.md', 'utf8');
const RECEIVER = readFileSync('examples/webhook-receiver.mjs', 'utf8');

let service: TestService;
let token: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  [service, token] = await Promise.all([startTestService(), bundle('token', 'scripts/token.ts')]);
});
afterAll(() => Promise.all([service.stop(), token.remove()]));

describe('the guide to webhooks', () => {
  it('shows the receiver as it is, in twelve lines', () => {
    expect(GUIDE).toContain(`\`\`\`js\n${RECEIVER}\`\`\``);
    expect(RECEIVER.trim().split('\n').length).toBeLessThanOrEqual(12);
  });

  it('can be pasted, and works', async () => {
    const blocks = [...GUIDE.matchAll(/<!-- webhooks -->\n+```sh\n(.*?)```/gs)].map(([, commands]) => commands!);
    expect(blocks).toHaveLength(2);
    const port = String(await freePort());
    // Inside the repository, so that it finds the public package.
    const receiver = join(dirname(token.file), 'receiver.mjs');
    const log = join(service.dataDirectory, 'received.log');
    await writeFile(receiver, RECEIVER.replace('4000', port));
    const script = `npm() { shift 4; node "${token.file}" "$@"; }\n${blocks.join('\n')}\nkill %1`
      .replaceAll('4000', port)
      .replace('examples/webhook-receiver.mjs', receiver)
      .replaceAll('received.log', log);
    const child = spawn('bash', ['-e', '-u', '-m', '-c', script], {
      env: { ...process.env, COUNTERSIGN_URL: service.url, DATA_DIR: service.dataDirectory },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('"type":"countersign.webhook.test"') });
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines[0]).toBe('Listening.');
    expect(lines.slice(1).map((line) => (JSON.parse(line) as { type: string }).type)).toContain(
      'countersign.webhook.test',
    );
    await rm(receiver);
  });
});
