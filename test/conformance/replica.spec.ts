import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPLICA_USES } from '../../src/database/replica-uses.js';
import { loadStatements } from '../support/described-statements.js';

/** What may be read at a replica: who adds to it says here why nothing is decided from it. */
const OPERATIONS: Readonly<Record<string, string>> = {
  exportReports: 'a file for other banks and the police',
  getClaim: 'a file of what was; its events are under a checkpoint of the primary',
  getConsistencyProof: 'hashes that never change, up to a size that the primary has signed',
  getCoverage: 'a count of calls that are over',
  getEvidence: 'a file of what was; its events are under a checkpoint of the primary',
  getInclusionProof: 'hashes that never change, up to a size that the primary has signed',
  listCallRecords: 'calls that are over',
  listEvents: 'events that the primary has settled',
  listReports: 'what analysts read',
};
const STATEMENTS = [
  ...['coverage.by_line', 'coverage.by_team', 'coverage.list', 'customer-keys.byIds', 'eventPartitions.dropped'],
  ...['all', 'ofCustomer', 'ofCall', 'about'].flatMap((way) => [
    `events.byTime.${way}.asc`,
    `events.byTime.${way}.desc`,
  ]),
  ...['events.position', 'events.wantedAfter'],
  ...[
    'callbacks',
    'calls',
    'change',
    'changesAsked',
    'customerEvents',
    'events',
    'letters',
    'policies',
    'verifications',
  ].map((name) => `evidence.${name}`),
  ...['log.leafOfEvent', 'log.nodes'],
  ...['byCustomer', 'byCampaign', 'byNumber', 'all'].flatMap((way) => [
    `reports.exportPage.${way}`,
    `reports.list.${way}`,
  ]),
];

interface Operation {
  readonly operationId: string;
  readonly 'x-load-class'?: string;
}
const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.values(paths).flatMap((methods) =>
  Object.entries(methods).map(([method, operation]) => ({ method, ...operation })),
);
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
  .map((file) => ({ file, text: readFileSync(join('src', file), 'utf8') }));

describe('a read replica', () => {
  it('is asked by the operations that are listed here, each a read for which nobody waits on the phone', () => {
    expect([...REPLICA_USES]).toEqual(Object.keys(OPERATIONS));
    for (const use of REPLICA_USES) {
      const operation = operations.find(({ operationId }) => operationId === use);
      expect([use, operation?.method, operation?.['x-load-class']]).toEqual([use, 'get', 'bulk']);
    }
  });

  it('is asked for each of them in one place, and nowhere else', () => {
    const asked = sources.flatMap(({ text }) =>
      [...text.matchAll(/(?:replica\.read|whenSealed)\(\s*\w+,\s*'(\w+)'/g)].map(([, use]) => use),
    );
    expect(asked.sort()).toEqual([...REPLICA_USES]);
    const others = sources.filter(
      ({ file, text }) => /\bReplica\b|replica\.js'/.test(text) && !file.startsWith('database/replica'),
    );
    expect(others.map(({ file }) => file)).toEqual([]);
  });

  it('is asked these statements alone, of which none writes or locks', async () => {
    const meant = (await loadStatements()).filter(({ isForReplica }) => isForReplica);
    expect(meant.map(({ name }) => name as string).sort()).toEqual([...STATEMENTS].sort());
    expect(meant.filter(({ writes, isUrgent }) => writes || isUrgent)).toEqual([]);
  });
});
