import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { explainDatabaseFailure } from './database-failure.js';

const failureOf = (connectionString: string): Promise<unknown> =>
  new pg.Client({ connectionString, connectionTimeoutMillis: 2_000 }).connect().then(
    () => null,
    (error: unknown) => error,
  );

describe('a failure of a database', () => {
  it('is a sentence where nothing listens, whichever addresses its host has', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    for (const host of ['127.0.0.1', 'localhost'])
      expect(explainDatabaseFailure(await failureOf(`postgres://owner:hunter2@${host}:${port}/bank`))).toMatch(
        /^The database at (?:127\.0\.0\.1|::1):\d+ cannot be used \(ECONNREFUSED\)\. Nothing listens there\./,
      );
  });

  it('names a host that there is not, and no password', async () => {
    const explained = explainDatabaseFailure(await failureOf('postgres://owner:hunter2@nowhere.invalid/bank'));
    expect(explained).toMatch(/^The database at nowhere\.invalid cannot be used \((?:ENOTFOUND|EAI_AGAIN)\)\./);
    expect(explained).not.toContain('hunter2');
  });

  it('is none of another error', () => {
    for (const other of [new Error('x'), null, 'x', { code: 'toString' }, { code: 'ENOENT' }])
      expect(explainDatabaseFailure(other)).toBeNull();
  });

  it.each([
    ['The server does not support SSL connections', /no TLS.*sslmode/],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string', /wants a password/],
    ['SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a non-empty string', /wants a password/],
    ['timeout expired', /does not answer/],
  ])('says what to do where the driver has words and no code: %s', (message, sentence) => {
    expect(explainDatabaseFailure(new Error(message))).toMatch(sentence);
  });
});
