import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

/** What a page loads at first for an import, gzipped, in bytes: the languages that are loaded when they are wanted do not count. */
async function sizeOf(statement: string): Promise<number> {
  const folder = await mkdtemp(join(process.cwd(), 'node_modules', '.cache-budget-'));
  try {
    const entry = join(folder, 'entry.js');
    await writeFile(entry, statement);
    const built = await build({
      configFile: false,
      logLevel: 'error',
      resolve: { conditions: ['production', 'module', 'browser'] },
      build: {
        write: false,
        target: 'es2022',
        modulePreload: false,
        rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
      },
    });
    const [{ output }] = [built].flat() as {
      output: { type: string; fileName: string; imports?: string[]; isEntry?: boolean; code?: string }[];
    }[] as any;
    const chunks = new Map<string, any>(
      output.filter(({ type }: any) => type === 'chunk').map((chunk: any) => [chunk.fileName, chunk]),
    );
    const loaded = new Set<string>();
    const load = (name: string): void => {
      if (loaded.has(name)) return;
      loaded.add(name);
      chunks.get(name)?.imports.forEach(load);
    };
    for (const chunk of chunks.values()) if (chunk.isEntry) load(chunk.fileName);
    return [...loaded].reduce((sum, name) => sum + gzipSync(chunks.get(name).code, { level: 9 }).length, 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test.each([
  ['the device kit', `export * from '@countersign/device';`, 12],
  ['the customer’s element, with the device kit and Lit', `import '@countersign/elements/customer';`, 35],
  ['the agent’s panel, with the client and Lit', `import '@countersign/elements/agent-panel';`, 40],
])('%s is within its budget', { timeout: 120_000 }, async (_, statement, kilobytes) => {
  const bytes = await sizeOf(statement);
  expect(bytes).toBeGreaterThan(1_000);
  expect(bytes).toBeLessThanOrEqual(kilobytes * 1_000);
});
