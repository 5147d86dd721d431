import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient } from '@hey-api/openapi-ts';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

/** A desktop and an app, as somebody would write them on `openapi-fetch`. */
const WITH_OPENAPI_FETCH = `
import createClient from 'openapi-fetch';
import type { components, paths } from './api.js';

type Display = components['schemas']['CallDisplayReply'] | components['schemas']['InboundCallDisplayReply'] | components['schemas']['ChangeDisplayReply'];
export const who = (display: Display): string =>
  display.question === 'are_you_talking_to_us' ? display.agentName : display.question === 'did_you_phone_us' ? 'nobody is named' : display.subject;

export async function story(baseUrl: string, app: string, agent: string, customerId: string) {
  const desk = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${agent}\` } });
  const phone = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${app}\` } });
  const { data: call } = await desk.POST('/v1/calls', { body: { customerId, direction: 'outbound', purpose: 'A payment we stopped' } });
  const { data: verdict } = await phone.POST('/v1/customers/{customerId}/call-verdicts', { params: { path: { customerId } }, body: { trigger: 'customer' } });
  const green: 'legitimate' | 'not_legitimate' | 'unknown' | undefined = verdict?.verdict;
  const told = await phone.POST('/v1/customers/{customerId}/call-verdicts/{verdictId}/feedback', { params: { path: { customerId, verdictId: verdict!.id } }, body: { outcome: 'shown', latencyMs: 12 } });
  const { data: texts } = await phone.GET('/v1/texts', { params: { query: { locale: 'de' } } });
  const question: string = texts!.questions.did_you_phone_us;
  const { data: ended } = await desk.POST('/v1/calls/{callId}/end', { params: { path: { callId: call!.id } } });
  const { error } = await desk.POST('/v1/calls/{callId}/end', { params: { path: { callId: call!.id } } });
  return { declared: call!.state, green, told: told.response.status, question, ended: ended!.state, refused: error?.type.split('/').pop() };
}
`;

/** The same on a client of \`@hey-api/openapi-ts\`. */
const WITH_HEY_API = `
import { client } from './client.gen.js';
import { askVerdict, declareCall, endCall, getTexts, giveVerdictFeedback } from './sdk.gen.js';

export async function story(baseUrl: string, app: string, agent: string, customerId: string) {
  client.setConfig({ baseUrl });
  const desk = { headers: { authorization: \`Bearer \${agent}\` } };
  const phone = { headers: { authorization: \`Bearer \${app}\` } };
  const { data: call } = await declareCall({ ...desk, body: { customerId, direction: 'outbound', purpose: 'A payment we stopped' } });
  const { data: verdict } = await askVerdict({ ...phone, path: { customerId }, body: { trigger: 'customer' } });
  const green: 'legitimate' | 'not_legitimate' | 'unknown' | undefined = verdict?.verdict;
  const told = await giveVerdictFeedback({ ...phone, path: { customerId, verdictId: verdict!.id }, body: { outcome: 'shown', latencyMs: 12 } });
  const { data: texts } = await getTexts({ ...phone, query: { locale: 'de' } });
  const question: string = texts!.questions.did_you_phone_us;
  const { data: ended } = await endCall({ ...desk, path: { callId: call!.id } });
  const { error } = await endCall({ ...desk, path: { callId: call!.id } });
  return { declared: call!.state, green, told: told.response!.status, question, ended: ended!.state, refused: error?.type.split('/').pop() };
}
`;

const OUTCOME = {
  declared: 'live',
  green: 'legitimate',
  told: 204,
  question: 'Haben Sie uns angerufen?',
  ended: 'ended',
  refused: 'call-ended',
};

type Story = (baseUrl: string, app: string, agent: string, customerId: string) => Promise<unknown>;

let service: TestService;
let folder: string;
beforeAll(async () => {
  service = await startTestService();
  // Inside the project, so that the compiler finds libraries as it does for everybody.
  folder = await mkdtemp(join(process.cwd(), 'node_modules', '.generated-clients-'));
});
afterAll(async () => {
  await service.stop();
  await rm(folder, { recursive: true });
});

/** Compiles a story with all that it imports, as strictly as anybody may; returns what is wrong with it, and writes JavaScript. */
function compile(...files: string[]): string[] {
  const program = ts.createProgram(files, {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    skipLibCheck: true,
    types: ['node'],
  });
  const wrong = ts.getPreEmitDiagnostics(program);
  program.emit();
  return wrong.map(
    ({ file: where, messageText }) => `${where?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
  );
}

async function play(file: string): Promise<unknown> {
  const { story } = (await import(/* @vite-ignore */ pathToFileURL(file.replace(/\.ts$/, '.js')).href)) as {
    story: Story;
  };
  return story(service.url, await service.token('app'), await service.token('agent:amara'), newCustomerId());
}

/** Generated modules import each other without an extension, as bundlers take it; Node wants one. */
async function withExtensions(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.ts')) continue;
    const file = join(entry.parentPath, entry.name);
    const text = await readFile(file, 'utf8');
    await writeFile(
      file,
      text.replace(/(from ')(\.{1,2}\/[^']+)(?<!\.js)(')/g, (_whole, before: string, path: string, after: string) => {
        const isFolder = ['./client', './core', '../client', '../core'].includes(path);
        return `${before}${path}${isFolder ? '/index.js' : '.js'}${after}`;
      }),
    );
  }
}

describe('a client that is generated from docs/openapi.json', () => {
  it('by openapi-typescript, with openapi-fetch, compiles and plays a story', { timeout: 120_000 }, async () => {
    const document = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as Parameters<typeof openapiTS>[0];
    await writeFile(join(folder, 'api.ts'), astToString(await openapiTS(document)));
    const file = join(folder, 'openapi-fetch.ts');
    await writeFile(file, WITH_OPENAPI_FETCH);
    expect(compile(file)).toEqual([]);
    expect(await play(file)).toEqual(OUTCOME);
  });

  it('by @hey-api/openapi-ts compiles and plays the same', { timeout: 120_000 }, async () => {
    const output = join(folder, 'hey-api');
    await createClient({
      input: join(process.cwd(), 'docs/openapi.json'),
      output: { path: output },
      logs: { level: 'silent' },
      plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    });
    await withExtensions(output);
    const file = join(output, 'story.ts');
    await writeFile(file, WITH_HEY_API);
    // Each by name: what is under node_modules and only imported is not written as JavaScript.
    const generated = (await readdir(output, { recursive: true })).filter((name) => name.endsWith('.ts'));
    expect(compile(...generated.map((name) => join(output, name)))).toEqual([]);
    expect(await play(file)).toEqual(OUTCOME);
  });
});
