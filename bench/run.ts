/**
 * The benchmark: Countersign as a user runs it, beside what else one could use and what the hardware allows, in
 * interleaved rounds on one machine. See docs/performance.md.
 *
 * npm run bench -- [--quick] [--json FILE]
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startMeasuring } from './load/measuring.js';
import { describe, type Figures, printTable } from './load/report.js';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } } });
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
process.exit(figures.failures === 0 ? 0 : 1);
