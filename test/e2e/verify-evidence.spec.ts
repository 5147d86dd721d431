import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import swc from 'unplugin-swc';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchAdmitted } from '../support/once-admitted.js';
import { startTestService, type TestService } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

/** Inside the repository, so that the program finds its node_modules. */
const PROGRAM = resolve('node_modules', '.cache', `countersign-verifier-${process.pid}`);

let service: TestService;
let folder: string;
let jws: string;
let checkpoint: string;
beforeAll(async () => {
  const bundled = build({
    configFile: false,
    logLevel: 'error',
    plugins: [swc.vite({ module: { type: 'es6' } })],
    build: {
      ssr: 'scripts/countersign.ts',
      outDir: PROGRAM,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
  [service, folder] = await Promise.all([startTestService(), makeTemporaryFolder(), bundled]);
  const device = await service.customerWithDevice();
  const call = (
    await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      purpose: 'A payment we stopped',
      verify: true,
    })
  ).body;
  await device.answer(service.app, (await device.waitingQuestion(service.app))!, {
    answer: 'yes',
    code: call.verification.code,
  });
  jws = (await service.analyst.get(`/v1/evidence/${call.verification.id}`)).body;
  checkpoint = await text('/log/checkpoint');
  await Promise.all([
    save('evidence.jws', jws),
    save('jwks.json', await text('/.well-known/jwks.json')),
    save('checkpoint', checkpoint),
    save('south', await text('/log/checkpoint?tenant=southbank')),
  ]);
  await service.stop();
});
afterAll(() => Promise.all([rm(PROGRAM, { recursive: true, force: true }), removeTemporaryFolder(folder)]));

/** What is there, once it is: the log of a bank about which nobody asked anything is sealed in its own time. */
async function text(path: string, url = service.url): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    const reply = await fetchAdmitted(url + path);
    if (reply.status === 200 || tries === 600) return reply.text();
    await new Promise((again) => setTimeout(again, 100));
  }
}
const save = (name: string, content: string) => writeFile(join(folder, name), content);

/** Runs the command in a folder that has only the files, while no service runs. */
function run(...given: string[]): Promise<{ code: number; output: string; error: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [join(PROGRAM, 'main.js'), ...given], { cwd: folder }, (error, output, complaint) =>
      done({ code: error ? Number(error.code) : 0, output, error: complaint }),
    );
  });
}

describe('countersign verify-evidence', () => {
  it('says statement by statement what holds, without the service', async () => {
    const { code, output } = await run(
      'verify-evidence',
      'evidence.jws',
      '--keys',
      'jwks.json',
      '--checkpoint',
      'checkpoint',
    );
    expect(output).toMatch(/^ok {6}signature: by key [\w-]{43}$/m);
    expect(output).toMatch(/^ok {6}outside checkpoint: the same tree of \d+ leaves$/m);
    expect(output).toMatch(/^ok {6}ver_\w+ answer: yes, signed by dev_\w+ over exactly what was shown$/m);
    expect(output).toMatch(/\nThis evidence holds: \d+ statements verified\.\n$/);
    expect(code).toBe(0);
  });

  it('ends with 1 where anything was altered, and names it', async () => {
    for (const at of [0, 40, jws.indexOf('.') + 100, jws.lastIndexOf('.') - 1, jws.length - 20]) {
      await save('altered.jws', `${jws.slice(0, at)}${jws[at] === 'A' ? 'B' : 'A'}${jws.slice(at + 1)}`);
      const { code, output } = await run('verify-evidence', 'altered.jws', '--keys', 'jwks.json');
      expect({ code, last: output.trimEnd().split('\n').at(-1) }).toEqual({
        code: 1,
        last: expect.stringMatching(/^This evidence does NOT hold: (file|signature)/),
      });
    }
    expect(await run('verify-evidence', 'evidence.jws', '--keys', 'jwks.json', '--checkpoint', 'south')).toMatchObject({
      code: 1,
      output: expect.stringContaining('does NOT hold: outside checkpoint.'),
    });
    await save(
      'others.json',
      JSON.stringify({
        keys: [
          {
            kty: 'OKP',
            crv: 'Ed25519',
            x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
            kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
          },
        ],
      }),
    );
    expect(await run('verify-evidence', 'evidence.jws', '--keys', 'others.json')).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^FAILED {2}signature: key [\w-]+ is not among the given keys$/m),
    });
    await save('none.json', '{"keys":[]}');
    expect((await run('verify-evidence', 'evidence.jws', '--keys', 'none.json')).code).toBe(1);
  });

  it('prints nothing that moves the cursor or begins a line, whatever the file says of itself', async () => {
    const [header, payload, signature] = jws.split('.');
    const read = JSON.parse(Buffer.from(payload!, 'base64url').toString('utf8'));
    const forged = { ...read, subject: 'x\u001b[2J\u001b[Hok signature\n\nThis evidence holds\u202e' };
    await save('forged.jws', `${header}.${Buffer.from(JSON.stringify(forged)).toString('base64url')}.${signature}`);
    const { code, output } = await run('verify-evidence', 'forged.jws', '--keys', 'jwks.json');
    expect(code).toBe(1);
    for (const moving of ['\u001b', '\u202e']) expect(output).not.toContain(moving);
    expect(output).not.toMatch(/^This evidence holds/m);
  });

  it('ends with 2 where it cannot begin', async () => {
    for (const given of [
      [],
      ['verify-evidence'],
      ['verify-evidence', 'evidence.jws'],
      ['verify-evidence', 'nowhere', '--keys', 'jwks.json'],
      ['verify-evidence', 'evidence.jws', '--keys', 'nowhere'],
      ['verify-evidence', 'evidence.jws', '--keys', 'checkpoint'],
      ['verify-evidence', 'evidence.jws', '--trust-me'],
    ]) {
      const { code, error } = await run(...given);
      expect({ given, code, said: error !== '' }).toEqual({ given, code: 2, said: true });
    }
    expect((await run('--help')).code).toBe(0);
  });
});

function sendWithoutEnd(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write('0'.repeat(16_384)));
    if (!response.destroyed) response.once('drain', more);
  };
  response.on('error', () => undefined);
  more();
}

describe('countersign verify-log', () => {
  it('says whether the log of a service grew out of what was kept of it', async () => {
    const given = ['--keys', 'jwks.json', '--checkpoint', 'checkpoint'];
    const running = await startTestService();
    try {
      await expect
        .poll(async () => (await fetchAdmitted(`${running.url}/log/checkpoint`)).status, { timeout: 60_000 })
        .toBe(200);
      await save('others-jwks.json', await (await fetchAdmitted(`${running.url}/.well-known/jwks.json`)).text());
      const other = await run('verify-log', running.url, ...given);
      expect(other.code, other.output + other.error).toBe(1);
      await running.admin.put('/v1/customers/cust-1', { phoneNumbers: [] });
      await save('kept', await (await fetchAdmitted(`${running.url}/log/checkpoint`)).text());
      const own = await run('verify-log', `${running.url}/`, '--keys', 'others-jwks.json', '--checkpoint', 'kept');
      expect(own).toMatchObject({ code: 0, output: expect.stringMatching(/^ok {6}growth: .*\n\nThe log goes on/m) });
      await text('/log/checkpoint?tenant=southbank', running.url);
      const south = [...given.slice(2), '--tenant', 'southbank'];
      expect(await run('verify-log', running.url, '--keys', 'others-jwks.json', ...south)).toMatchObject({ code: 1 });
    } finally {
      await running.stop();
    }
  });

  it.each<[string, number, (response: ServerResponse, path: string) => void]>([
    ['sends the asker elsewhere', 2, (response) => response.writeHead(307, { location: service.url }).end()],
    ['answers without end', 2, (response) => sendWithoutEnd(response)],
    ['says that its log is not there', 2, (response) => response.writeHead(404).end('\u001b[2J')],
    ['answers something else', 1, (response) => response.end('\u001b[2Jok      growth: all is well')],
    [
      'has a larger log and gives no proof',
      1,
      (response, path) =>
        response.end(
          path.startsWith('/log/checkpoint') ? checkpoint.replace(/\n\d+\n/, '\n99999\n') : '\u001b[2J{"proof":7}',
        ),
    ],
  ])('takes nothing of a service that %s', async (_case, expected, answer) => {
    const server = createServer((request, response) => answer(response, request.url!));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, output, error } = await run('verify-log', url, '--keys', 'jwks.json', '--checkpoint', 'checkpoint');
    server.closeAllConnections();
    server.close();
    expect(code, output + error).toBe(expected);
    expect(output + error).not.toContain('\u001b');
    expect(output).not.toMatch(/^ok {6}growth|goes on/m);
  });

  it('ends with 2 where it cannot begin', async () => {
    for (const given of [
      [service.url, '--keys', 'jwks.json', '--checkpoint', 'checkpoint'],
      ['file:///etc/passwd', '--keys', 'jwks.json', '--checkpoint', 'checkpoint'],
      [service.url, '--keys', 'jwks.json'],
      [service.url, '--checkpoint', 'checkpoint'],
      [service.url, '--keys', 'jwks.json', '--checkpoint', 'nowhere'],
    ]) {
      const { code, error } = await run('verify-log', ...given);
      expect({ given, code, said: error !== '' }).toEqual({ given, code: 2, said: true });
    }
  });
});
