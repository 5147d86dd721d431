import type { Outlook } from '../../database/migration-outlook.js';
import type { PlannedLock, PlannedMigration, PlannedStep } from '../../database/migration-plan.js';
import { shorten } from '../../database/pending-migrations.js';

const numbers = new Intl.NumberFormat('en');

/** About how long something takes: whether at once, seconds, minutes or hours. */
export function durationText(seconds: number | null): string {
  if (seconds === null) return 'for nobody knows how long';
  if (seconds < 1) return 'at once';
  if (seconds < 90) return `about ${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `about ${Math.ceil(seconds / 60)} min` : `about ${Math.ceil(seconds / 3_600)} h`;
}

function lockText({ table, mode, stopsVerdicts, rows, reads, indexes, rewritten }: PlannedLock): string {
  const work = [
    ...(reads > 0 ? [`read ${reads === 1 ? 'once' : `${reads} times`}`] : []),
    ...(indexes > 0 ? [indexes === 1 ? 'an index built' : `${indexes} indexes built`] : []),
    ...(rewritten ? ['written anew'] : []),
  ];
  const count = rows === null ? 'an unknown number of rows (run ANALYZE)' : `about ${numbers.format(rows)} rows`;
  return `    ${mode} on ${table}${stopsVerdicts ? ', for which verdicts wait' : ''}: ${[count, ...work].join(', ')}\n`;
}

function migrationText({ name, inSteps, statements, steps }: PlannedMigration): string {
  const how = inSteps ? 'in steps, and goes on where it was stopped' : 'in one transaction';
  const described = steps.map(
    ({ locks, seconds }, at) =>
      `  ${inSteps ? `step ${at + 1}` : 'locks'}, ${durationText(seconds)}:\n${locks.map(lockText).join('')}`,
  );
  const nothing = steps.length === 0 ? '  locks nothing that is there\n' : '';
  return `\n${name}, ${how}\n${statements.map((one) => `  > ${shorten(one)}\n`).join('')}${described.join('')}${nothing}`;
}

/** The step at which verdicts would wait longest; undefined where they wait for none, or for moments only. */
function worst(pending: readonly PlannedMigration[]): { name: string; step: PlannedStep } | undefined {
  const waits = pending
    .flatMap(({ name, steps }) => steps.map((step) => ({ name, step })))
    .filter(({ step }) => step.locks.some(({ stopsVerdicts }) => stopsVerdicts) && (step.seconds ?? Infinity) >= 1);
  return waits.sort((a, b) => (b.step.seconds ?? Infinity) - (a.step.seconds ?? Infinity))[0];
}

/** What migrating would do, for whoever decides when to. */
export function planText({ applied, pending, rest, obstacles, migratingPid }: Outlook): string {
  const busy =
    migratingPid === null
      ? ''
      : `Somebody is migrating just now (process ${migratingPid} of the server). What is left:\n`;
  if (pending.length + rest.length === 0)
    return `${busy}The database is up to date: ${applied} migrations have run, and there is nothing to do.\n`;
  const longest = worst(pending);
  const total = pending.flatMap(({ steps }) => steps.map(({ seconds }) => seconds));
  return [
    busy,
    `${applied} migrations have run, and ${pending.length} would. Nothing was changed.\n`,
    ...pending.map(migrationText),
    rest.length > 0 ? `\nBesides, it ${rest.join(', and ')}.\n` : '',
    `\nIn all it takes ${durationText(total.includes(null) ? null : total.reduce((sum: number, one) => sum + one!, 0))}, estimated from the numbers of rows.\n`,
    longest === undefined
      ? 'Verdicts wait for no lock that is held for longer than a moment.\n'
      : `VERDICTS WOULD WAIT ${durationText(longest.step.seconds)} at a stretch, in ${longest.name}: choose a quiet hour.\n`,
    'A lock that is not free within 200 ms is let go of, and tried again.\n',
    ...obstacles.map((obstacle) => `It would fail: ${obstacle}\n`),
  ].join('');
}
