import { type TrustedKey, verifyEvidence } from '@countersign/client';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { beforeAll, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';

interface Vector {
  readonly comment: string;
  readonly input: { readonly evidence: string; readonly keys: TrustedKey[]; readonly checkpoint?: string };
}

const vectors = (JSON.parse(readFileSync(join('vectors', 'evidence.json'), 'utf8')) as { tests: Vector[] }).tests;
const browser = useBrowser();
let script: string;

/** The client as a console's bundler puts it into a page. */
beforeAll(async () => {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: 'packages/client/dist/index.js', formats: ['iife'], name: 'countersignClient' },
    },
  });
  const [{ output }] = built as unknown as [{ output: { code: string }[] }];
  script = output[0]!.code;
}, 120_000);

test('a browser says of every evidence the same, statement by statement, as Node.js does', async () => {
  const page = await browser.open();
  await page.addScriptTag({ content: script });
  const inPage = await page.evaluate(
    (inputs) =>
      inputs.map(({ evidence, keys, checkpoint }) =>
        (globalThis as any).countersignClient.verifyEvidence(evidence, keys, checkpoint && { note: checkpoint }),
      ),
    vectors.map(({ input }) => input),
  );
  expect(inPage).toEqual(
    vectors.map(({ input: { evidence, keys, checkpoint } }) =>
      verifyEvidence(evidence, keys, checkpoint === undefined ? undefined : { note: checkpoint }),
    ),
  );
  expect(inPage[0].length).toBeGreaterThan(10);
});
