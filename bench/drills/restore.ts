/**
 * The drill of docs/operations/backup.md: a base backup and archived WAL are restored to a point in time, then a dump into
 * a younger cluster. Ends with 1 where an acknowledged decision is lost or there twice, one of after the moment is there,
 * the log has a gap or does not go on from the checkpoint that was kept, or what should be noticed is not; with 77 where
 * PostgreSQL's tools are missing.
 *
 * npm run drill:restore -- [--json FILE]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startIssuer } from '../load/issuer.js';
import { findInstallation, SKIPPED } from './debian-postgres.js';
import { DumpDrill } from './restore-dump.js';
import { PointInTimeDrill } from './restore-point-in-time.js';
import { Site } from './restore-site.js';

const TOOLS = ['pg_basebackup', 'pg_verifybackup', 'pg_dump', 'pg_restore'];

const { values } = parseArgs({ options: { json: { type: 'string' } } });
const directory = await mkdtemp(join(tmpdir(), 'countersign-drill-'));
const installation = await findInstallation(directory, TOOLS);
if (!installation) {
  await rm(directory, { recursive: true, force: true });
  process.stdout.write(
    `Skipped: no PostgreSQL with ${TOOLS.join(', ')} in /usr/lib/postgresql (the embedded one brings none). On Debian: apt-get install postgresql\n`,
  );
  process.exit(SKIPPED);
}
const issuer = await startIssuer();
const site = await Site.make(directory, installation, issuer);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void site.close().finally(() => process.exit(130)));
let failure: unknown;
try {
  process.stdout.write(`PostgreSQL ${installation.binaries.major}.\n`);
  const { restored, service } = await new PointInTimeDrill(site).run();
  await new DumpDrill(site).run(restored, service);
} catch (error) {
  failure = error;
} finally {
  await site.close();
  issuer.stop();
  if (process.env.DRILL_KEEP === undefined) await rm(directory, { recursive: true, force: true });
}
const { figures, faults } = site;
if (values.json) await writeFile(values.json, `${JSON.stringify({ figures, faults }, null, 2)}\n`);
if (failure) process.stderr.write(`${failure instanceof Error ? failure.stack : String(failure)}\n`);
else
  process.stdout.write(
    faults.length === 0
      ? 'What was acknowledged is there, once, and is proved.\n'
      : `${faults.slice(0, 10).join('\n')}\n`,
  );
process.exit(failure || faults.length > 0 ? 1 : 0);
