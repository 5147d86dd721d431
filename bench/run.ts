/**
 * The benchmark: Countersign as a user runs it, beside what else one could use and what the hardware allows, in
 * interleaved rounds on one machine. See docs/performance.md.
 *
 * npm run bench -- [--quick] [--json FILE] [--page]
 *
 * --page writes docs/performance/VERSION.md, of the version that package.json names.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { startMeasuring } from './load/measuring.js';
import { describe, type Figures, printPage, printTable } from './load/report.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    page: { type: 'boolean', default: false },
  },
});
const measuring = await startMeasuring(
  values.quick
    ? { rounds: 2, roundsOfTwo: 0, seconds: 2, halfLoadSeconds: 3, customers: 1_000 }
    : { rounds: 5, roundsOfTwo: 2, seconds: 5, halfLoadSeconds: 12, customers: 4_000 },
  (text) => process.stderr.write(`${text}\n`),
);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void measuring.stop().finally(() => process.exit(130)));
let figures: Figures;
try {
  figures = await measuring.run();
} finally {
  await measuring.stop();
}
process.stdout.write(`${describe(figures)}\n\n${printTable(figures)}\n`);
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
if (values.page) await writePage(figures);
process.exit(figures.failures === 0 ? 0 : 1);

async function writePage(measured: Figures): Promise<void> {
  const root = join(import.meta.dirname, '..', '..');
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = join(root, 'docs', 'performance');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${version}.md`);
  await writeFile(
    file,
    await format(printPage(version, measured), { ...(await resolveConfig(file)), parser: 'markdown' }),
  );
}
