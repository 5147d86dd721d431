import fastify from 'fastify';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LoadShedding } from '../../src/http/load/load-shedding.js';

interface Operation {
  readonly operationId: string;
  readonly 'x-load-class'?: string;
  readonly 'x-protects'?: true;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Record<string, { content?: object }>;
}
const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
/** What a customer's side sends and what yet may wait: it makes nobody safer at once. */
const MAY_WAIT = [
  'giveVerdictFeedback', // about a verdict that was given
  'enrolDevice', // a new device is trusted later
  'subscribeToPushes',
  'unsubscribeFromPushes',
];
const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
const of = (name: string): string[] =>
  operations.filter((one) => one['x-load-class'] === name).map(({ operationId }) => operationId);

describe('every route', () => {
  it('is of a class of load', () => {
    expect(operations.length).toBeGreaterThan(100);
    for (const { operationId, 'x-load-class': name } of operations)
      expect(['critical', 'interactive', 'stream', 'bulk'], operationId).toContain(name);
  });

  it('that a phone, an answer or a watcher waits for is never refused for load', () => {
    expect(of('critical')).toEqual(
      expect.arrayContaining([
        'askVerdict',
        'answerVerification',
        'declareCall',
        'startVerification',
        'listVerifications',
        'passkeyOptions',
        'checkNotice',
        'getSignals',
        'getLiveness',
        'getReadiness',
        'getMetrics',
      ]),
    );
  });

  it('that imports, exports or lists for the bank’s people is refused first', () => {
    const bulk = operations.map(({ operationId }) => operationId).filter((id) => /^(import|export)/.test(id));
    expect(bulk.length).toBeGreaterThan(2);
    expect(of('bulk')).toEqual(
      expect.arrayContaining([...bulk, 'listCalls', 'listReports', 'listEvents', 'listAllVerifications', 'makeClaim']),
    );
  });

  it('that protects somebody is held to the limits of its bank as a verdict is', () => {
    const protects = operations.filter((one) => one['x-protects']).map(({ operationId }) => operationId);
    expect(protects.sort()).toEqual([
      'makeReport',
      'makeReportFor',
      'requestCallback',
      'revokeDevice',
      'useLetter',
      'withdrawChange',
    ]);
    const sentByCustomers = Object.values(paths)
      .flatMap((methods) => Object.entries(methods))
      .filter(([method, { security }]) => method !== 'get' && JSON.stringify(security).includes('"customer"'))
      .map(([, operation]) => operation);
    const mayWait = sentByCustomers.filter((one) => !one['x-protects'] && one['x-load-class'] !== 'critical');
    expect(mayWait.map(({ operationId }) => operationId).sort()).toEqual([...MAY_WAIT].sort());
  });

  it('that streams is a stream', () => {
    const streams = operations.filter(({ responses }) => 'text/event-stream' in (responses['200']?.content ?? {}));
    expect(of('stream').sort()).toEqual(streams.map(({ operationId }) => operationId).sort());
  });

  it('of the API says its class, or the service does not start', () => {
    const server = fastify();
    LoadShedding.prototype.watch.call({}, server);
    server.get('/elsewhere', () => 'nothing');
    server.get('/v1/said', { config: { loadClass: 'bulk' } as object }, () => 'nothing');
    expect(() => server.get('/v1/unsaid', () => 'nothing')).toThrow(/refused before GET \/v1\/unsaid/);
  });
});
