import { readFileSync, writeFileSync } from 'node:fs';
import { format } from 'prettier';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { MIGRATIONS } from '../../src/database/migrate.js';
import { MIGRATION_EFFECTS, type MigrationStep } from '../../src/database/migration-effects.js';
import { createBareDatabase, type TestDatabase } from '../support/database.js';
import { EffectsRecorder } from '../support/migration-effects.js';

vi.setConfig({ testTimeout: 120_000 });

const FILE = 'src/database/migration-effects.ts';

let database: TestDatabase;
let recorder: EffectsRecorder;
const found: Record<string, MigrationStep[]> = {};
beforeAll(async () => {
  database = await createBareDatabase();
  recorder = await EffectsRecorder.open(database.url);
  for (const Migration of MIGRATIONS) {
    const steps = await recorder.run(Migration);
    if (steps.length > 0) found[Migration.name] = steps;
  }
});
afterAll(async () => {
  await recorder.close();
  await database.drop();
});

it('what each migration locks and reads is what PostgreSQL says; UPDATE_SNAPSHOTS=1 writes it anew', async () => {
  const source = readFileSync(FILE, 'utf8');
  const start = 'export const MIGRATION_EFFECTS: Readonly<Record<string, readonly MigrationStep[]>> = ';
  const head = source.slice(0, source.indexOf(start));
  if (process.env.UPDATE_SNAPSHOTS)
    writeFileSync(
      FILE,
      await format(`${head}${start}${JSON.stringify(found)};`, {
        parser: 'typescript',
        printWidth: 120,
        singleQuote: true,
        quoteProps: 'as-needed',
      }),
    );
  else expect(MIGRATION_EFFECTS).toEqual(found);
});
