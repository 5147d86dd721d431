import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CASES_OF_ADMINISTRATORS } from '../support/console-admin-presses.js';
import { CASES_OF_PEOPLE } from '../support/console-presses.js';
import { CASES_OF_THE_PANEL } from '../support/panel-presses.js';
import { sendingControls } from '../support/sending-controls.js';

const FOLDERS = ['web/console/src', 'packages/elements/src/agent-panel'];
const controls = sendingControls(FOLDERS);
const covered = [...CASES_OF_PEOPLE, ...CASES_OF_ADMINISTRATORS, ...CASES_OF_THE_PANEL].map(({ control }) => control);

describe('every control of the console and the panel that sends something', () => {
  it('is pressed twice in a browser: a new one needs a case in test/support/*-presses.ts', () => {
    expect([...covered].sort()).toEqual(controls.map(({ key }) => key).sort());
  });

  it('leads to what it sends by a way that is found: nothing that these sources send is left over', () => {
    const calls = FOLDERS.flatMap(sourcesUnder).flatMap(({ text }) =>
      [...text.matchAll(/\.(post|put|patch|delete|import)\(\s*'(\/v1\/[^']*)'/g)].map(
        ([, method, path]) => `${method === 'import' ? 'POST' : method!.toUpperCase()} ${path}`,
      ),
    );
    expect(calls.length).toBeGreaterThan(30);
    expect([...new Set(controls.flatMap(({ operations }) => operations))].sort()).toEqual([...new Set(calls)].sort());
  });

  it('sends by the client: a fetch of its own with a method is of the sign-in alone', () => {
    const own = [...FOLDERS, 'web/sign-in/src']
      .flatMap(sourcesUnder)
      .filter(({ text }) => /\bmethod: '|XMLHttpRequest|sendBeacon/.test(text));
    expect(own.map(({ name }) => name)).toEqual(['code-flow.ts']);
  });
});

function sourcesUnder(folder: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
}
