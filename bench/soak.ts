/**
 * Whether memory stays flat under full load: verdicts and verification round trips in turns, with the resident memory of
 * the service after each.
 *
 * npm run build && node dist/bench/soak.js [minutes, 10]
 */
import { usageOf } from './load/process-usage.js';
import { Driver, LINE, startCountersign, startDatabase } from './load/servers.js';

const minutes = Number(process.argv[2] ?? 10);
const TURN_SECONDS = 15;
const database = await startDatabase();
const driver = new Driver();
try {
  const service = await startCountersign(database);
  await driver.do({
    prepare: 'countersign',
    target: { port: service.port, tokens: service.tokens, line: LINE, rung: 2_000, answering: 4_000, connections: 160 },
  });
  const began = performance.now();
  const end = began + minutes * 60_000;
  while (performance.now() < end) {
    const verdicts = (await driver.do({ scenario: 'verdict', seconds: TURN_SECONDS, workers: 128 }))!;
    const roundTrips = (await driver.do({ scenario: 'roundTrip', seconds: TURN_SECONDS, workers: 32 }))!;
    const failures = [verdicts, roundTrips]
      .filter((result) => result.failures > 0)
      .map((result) => `${result.failures} failed: ${result.firstFailure}`);
    process.stdout.write(
      `${JSON.stringify({ minute: Math.round((performance.now() - began) / 6_000) / 10, residentMegabytes: usageOf(service.pid)?.residentMegabytes ?? null, verdictsPerSecond: Math.round(verdicts.perSecond), roundTripsPerSecond: Math.round(roundTrips.perSecond), failures })}\n`,
    );
  }
  await service.stop();
} finally {
  driver.stop();
  await database.stop();
}
