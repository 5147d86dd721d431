import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A client as somebody else's developer would write it on the generated types. */
const CALLER = `
import type { operations, paths } from './api.js';

type Declare = operations['declareCall'];
type Body = Declare['requestBody']['content']['application/json'];
type Declared = Declare['responses'][201]['content']['application/json'];
type Refused = Declare['responses'][422]['content']['application/problem+json'];

export async function declareCall(base: string, token: string, body: Body): Promise<Declared> {
  const path = '/v1/calls' satisfies keyof paths;
  const response = await fetch(base + path, { method: 'POST', headers: { authorization: \`Bearer \${token}\` }, body: JSON.stringify(body) });
  if (response.status === 201) return (await response.json()) as Declared;
  const problem = (await response.json()) as Refused;
  throw new Error(problem.title);
}

export const code = (call: Declared): string | undefined => call.verification?.code;
export const ended = (call: Declared): string => call.endedAt ?? 'live';
export const verdicts: Record<operations['askVerdict']['responses'][200]['content']['application/json']['verdict'], string> = { legitimate: 'green', not_legitimate: 'red', unknown: 'grey' };
export const good: Body = { customerId: 'cust-1001', direction: 'outbound', purpose: 'A payment we stopped', agent: { department: 'Fraud Operations' } };
export const advice = (refused: operations['answerVerification']['responses'][422]['content']['application/problem+json']): string[] => refused.advice?.steps ?? [];
`;

const WRONG: [string, string][] = [
  [
    'a direction that does not exist',
    `import type { operations } from './api.js';\nexport const body: operations['declareCall']['requestBody']['content']['application/json'] = { customerId: 'c', direction: 'sideways', purpose: 'p' };`,
  ],
  [
    'a field that is missing',
    `import type { operations } from './api.js';\nexport const body: operations['declareCall']['requestBody']['content']['application/json'] = { customerId: 'c', direction: 'outbound' };`,
  ],
  [
    'a null that was not expected',
    `import type { operations } from './api.js';\nexport const line = (call: operations['getCall']['responses'][200]['content']['application/json']): string => call.line;`,
  ],
];

let folder: string;
beforeAll(async () => {
  // Inside the project, so that the compiler finds its own libraries as it does for everybody.
  folder = await mkdtemp(join(process.cwd(), 'node_modules', '.generated-client-'));
  const document = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as Parameters<typeof openapiTS>[0];
  await writeFile(join(folder, 'api.ts'), astToString(await openapiTS(document)));
});
afterAll(() => rm(folder, { recursive: true }));

async function typeErrors(source: string): Promise<string[]> {
  const file = join(folder, 'caller.ts');
  await writeFile(file, source);
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
    types: ['node'],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe('a client that is generated from docs/openapi.json', () => {
  it('type-checks, with the code, the verdicts and the advice in it', async () => {
    expect(await typeErrors(CALLER)).toEqual([]);
  });

  it.each(WRONG)('is told of %s', async (_what, source) => {
    expect(await typeErrors(source)).toHaveLength(1);
  });
});
