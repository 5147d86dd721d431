import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { PackedProject } from '../support/packed-project.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let project: PackedProject;
let bank: Server;
let origin: string;
let files: ReadonlyMap<string, string> = new Map();
const browser = useBrowser();

beforeAll(async () => {
  bank = createServer(({ url }, response) => {
    const path = url === '/' ? '/index.html' : url!;
    const content = files.get(path);
    response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8');
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(bank.address() as AddressInfo).port}`;
  [service, project] = await Promise.all([startTestService({ CORS_ORIGINS: origin }), PackedProject.make()]);
}, 120_000);

afterAll(async () => {
  bank.close();
  await service?.stop();
  await project?.remove();
});

function output(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (bytes) => (text += bytes));
  return () => text;
}

test('the phone of docs/device-kit.md has at most 25 lines, and confirms a genuine call', async () => {
  const [, program] = /```js phone\.mjs\n([\s\S]*?)```/.exec(readFileSync('docs/device-kit.md', 'utf8'))!;
  expect(program!.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  await project.write('phone.mjs', program!);
  const customerId = newCustomerId();
  const phone = spawn(process.execPath, ['phone.mjs', service.url, customerId, await service.token('app'), LINE], {
    cwd: project.folder,
  });
  const said = output(phone);
  try {
    await vi.waitUntil(
      async () => (await service.app.get(`/v1/customers/${customerId}/devices`)).status === 200,
      60_000,
    );
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      verify: true,
    });
    await vi.waitUntil(() => said().includes('The code that the bank reads to you'), 60_000).catch(() => undefined);
    expect(said()).toContain('legitimate');
    expect(said()).toContain('A payment we stopped');
    phone.stdin.write(`${call.verification.code}\n`);
    await vi.waitUntil(() => said().includes('confirmed'), 60_000).catch(() => undefined);
    expect(said()).toContain('confirmed');
    const { body } = await service.amara.get(`/v1/calls/${call.id}`);
    expect(body.verification.status).toBe('confirmed');
  } finally {
    phone.kill();
  }
});

test('the packed client declares a call', async () => {
  const program = `
    import { Client } from '@countersign/client';
    const [url, token, customerId, line] = process.argv.slice(2);
    const bank = new Client({ url, token: () => token });
    const call = await bank.post('/v1/calls', { body: { customerId, direction: 'outbound', line, purpose: 'x' } });
    console.log(call.state);`;
  const token = await service.token('agent:amara');
  expect(await project.run('desk.mjs', program, service.url, token, newCustomerId(), LINE)).toBe('live');
});

test('the packed adapters tell the panel of a desktop’s call', async () => {
  const program = `
    import { connectFlex } from '@countersign/hosts';
    const heard = new Map();
    const actions = { addListener: (name, listener) => heard.set(name, listener), removeListener: () => undefined };
    connectFlex(actions, { show: (call) => console.log(JSON.stringify(call)), clear: () => console.log('clear') });
    const attributes = { customerId: 'maya', direction: 'outbound', from: '+442079460100' };
    heard.get('afterAcceptTask')({ task: { sid: 'WR1', taskSid: 'WT1', attributes } });
    heard.get('afterCompleteTask')({});`;
  const [shown, ended] = (await project.run('flex.mjs', program)).split('\n');
  expect(JSON.parse(shown!)).toEqual({
    customerId: 'maya',
    direction: 'outbound',
    line: LINE,
    externalId: 'WT1',
    externalSystem: 'flex',
  });
  expect(ended).toBe('clear');
});

test('the packed elements are loaded on a server too, which renders nothing of them', async () => {
  const program = `
    import { CountersignCustomer } from '@countersign/elements';
    import { CountersignAgentPanel } from '@countersign/elements/agent-panel';
    console.log(typeof CountersignCustomer, typeof CountersignAgentPanel);`;
  expect(await project.run('server.mjs', program)).toBe('function function');
});

test(
  'the packed elements, bundled into a bank’s own page, show a customer and an agent their call',
  { timeout: 120_000 },
  async () => {
    const [customer, agent] = [await service.token('customer:maya'), await service.token('agent:amara')];
    await project.write(
      'index.html',
      `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>A bank</title><body>
    <countersign-customer locale="en" url="${service.url}"></countersign-customer>
    <countersign-agent-panel locale="en" url="${service.url}" customer-id="maya" line="${LINE}" purpose="Your card">
    </countersign-agent-panel><script type="module" src="/page.js"></script>`,
    );
    await project.write(
      'page.js',
      `import '@countersign/elements';
    import '@countersign/elements/agent-panel';
    document.querySelector('countersign-customer').token = () => '${customer}';
    document.querySelector('countersign-agent-panel').token = () => '${agent}';`,
    );
    files = await project.bundle();
    const page = await browser.open({ expected: [/status of 404/] });
    await page.goto(origin);
    await page.getByRole('heading', { name: 'Is somebody calling you now?' }).waitFor();
    const declare = page.getByRole('button', { name: /^Declare without asking/ });
    await declare.click();
    await declare.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Yes. Check this call' }).click();
    await page.getByText('Genuine', { exact: true }).waitFor();
    expect(browser.requested.filter((url) => !url.startsWith(service.url) && !url.startsWith(origin))).toEqual([]);
  },
);
