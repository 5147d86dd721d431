import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountDetails } from '../../../src/readers/account.js';
import {
  ConfirmationOfPayee,
  type ConfirmationOfPayeeOptions,
} from '../../../src/payee-checks/confirmation-of-payee.js';
import { NoPayeeCheck } from '../../../src/payee-checks/payee-check.js';
import { ApiServer, CLIENT, type Reply } from '../../support/api-server.js';
import { answer, REASONS, request } from './schemas.js';

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const UK: AccountDetails = { holder: 'Ann Lee', sortCode: '60-16-13', accountNumber: '31926819' };
const GB: AccountDetails = { holder: 'Ann Lee', iban: 'GB29NWBK60161331926819' };
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const unavailable = { result: 'unavailable', checkedAt: time };

describe('ConfirmationOfPayee', () => {
  let server: ApiServer;
  let clock: number;
  let reply: Reply;
  beforeEach(async () => {
    server = await ApiServer.start();
    clock = 0;
    server.on('/cop/account-verifications', () => reply);
    server.on('/accounts/name-verification', () => reply);
  });
  afterEach(async () => {
    for (const { body, headers } of server.requests) {
      expect(ajv.validate(request, body), ajv.errorsText()).toBe(true);
      expect(headers['x-fapi-interaction-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    }
    await server.stop();
  });

  const payeeCheck = (options: Partial<ConfirmationOfPayeeOptions> = {}) =>
    new ConfirmationOfPayee(
      {
        baseUrl: `${server.url}/cop`,
        tokenUrl: server.tokenUrl,
        ...CLIENT,
        timeLimitMs: 1_000,
        allowLoopbackHttp: true,
        circuit: { failures: 2, openForMs: 1_000 },
        ...options,
      },
      () => clock,
    );

  /** An answer that what is published allows. */
  const report = (fields: Record<string, unknown>): Reply => {
    const body = { Data: { VerificationReport: fields }, Links: { Self: 'https://cop.example/' }, Meta: {} };
    expect(ajv.validate(answer, body), ajv.errorsText()).toBe(true);
    return { body };
  };

  it.each([UK, GB])('asks about %j by sort code and account number, and reads a match', async (details) => {
    reply = report({ Matched: true });
    await expect(payeeCheck().check(details)).resolves.toEqual({ result: 'match', checkedAt: time });
    expect(server.requests[0]?.body).toEqual({
      Data: {
        AccountType: 'Personal',
        SchemeName: 'SortCodeAccountNumber',
        Identification: '60161331926819',
        Name: ',,Ann Lee',
      },
    });
    expect(server.tokenRequests[0]?.body.scope).toBe('name-verification');
  });

  it('asks with the roll number where there is one', async () => {
    reply = report({ Matched: true });
    await payeeCheck().check({ ...UK, rollNumber: 'B/1234567-8' });
    expect(server.requests[0]?.body.Data).toMatchObject({
      Identification: '60161331926819',
      SecondaryIdentification: 'B/1234567-8',
    });
  });

  it('asks as it was set up to', async () => {
    reply = report({ Matched: true, ReasonCode: null, Name: null });
    const own = payeeCheck({
      baseUrl: server.url,
      path: '/accounts/name-verification',
      accountType: 'Business',
      scope: 'other',
    });
    await expect(own.check({ ...UK, holder: 'Lee, Son,  & Co' })).resolves.toMatchObject({ result: 'match' });
    expect(server.requests[0]?.body.Data).toMatchObject({ AccountType: 'Business', Name: ',,Lee Son & Co' });
    expect(server.tokenRequests[0]?.body.scope).toBe('other');
  });

  it.each(REASONS)('%s is %s: %s', async (code, result) => {
    reply = report({ Matched: false, ReasonCode: code, Name: 'Anne Leigh' });
    await expect(payeeCheck().check(UK)).resolves.toEqual({
      result,
      checkedAt: time,
      ...(result === 'close_match' ? { suggestedName: 'Anne Leigh' } : {}),
    });
  });

  it.each([undefined, null, '', ' ', 'A'.repeat(500), 'Ann\u202Eeel', 'Ann\nLee', 7, { toString: 'x' }])(
    'takes no suggested name from %j',
    async (name) => {
      reply = { body: { Data: { VerificationReport: { Matched: false, ReasonCode: 'MBAM', Name: name } } } };
      await expect(payeeCheck().check(UK)).resolves.toEqual({ result: 'close_match', checkedAt: time });
    },
  );

  it.each<unknown>([
    null,
    [],
    'true',
    {},
    { Data: null },
    { Data: { VerificationReport: null } },
    { Data: { VerificationReport: {} } },
    { Data: { VerificationReport: { Matched: 'true' } } },
    { Data: { VerificationReport: { Matched: 1 } } },
    { Data: { VerificationReport: { Matched: true, ReasonCode: 'ANNM' } } },
    { Data: { VerificationReport: { Matched: false } } },
    { Data: { VerificationReport: { Matched: false, ReasonCode: 'ZZZZ' } } },
    { Data: { VerificationReport: { Matched: false, ReasonCode: ['ANNM'] } } },
    { Data: { VerificationReport: [true] } },
  ])('never takes %j for a match', async (body) => {
    reply = { body };
    await expect(payeeCheck().check(UK)).resolves.toEqual(unavailable);
  });

  it.each<[string, Reply]>([
    ['hangs', () => undefined],
    ['answers 400', { status: 400, body: { Code: '400', Id: '1', Message: 'Bad Request', Errors: [] } }],
    ['answers 403', { status: 403 }],
    ['answers 404', { status: 404 }],
    ['answers 429', { status: 429, headers: { 'retry-after': '1' } }],
    ['answers 500', { status: 500, body: { Data: { VerificationReport: { Matched: true } } } }],
    ['answers malformed JSON', { body: '{"Data":{"VerificationReport":{"Matched":true}}' }],
    ['answers with a web page', { type: 'text/html', body: { Data: { VerificationReport: { Matched: true } } } }],
    ['answers too much', { body: { Data: { VerificationReport: { Matched: true } }, Padding: 'x'.repeat(100_000) } }],
    ['redirects', { status: 302, headers: { location: '/accounts/name-verification' } }],
    ['cuts off', (response) => response.destroy()],
  ])('is unavailable where the other side %s', async (_, given) => {
    reply = given;
    await expect(payeeCheck().check(UK)).resolves.toEqual(unavailable);
    expect(server.requests).toHaveLength(1);
  });

  it('is unavailable where there is no token', async () => {
    server.token = () => ({ status: 401, body: { error: 'invalid_client' } });
    await expect(payeeCheck().check(UK)).resolves.toEqual(unavailable);
  });

  it('gets a new token once where the one it has is refused', async () => {
    reply = report({ Matched: true });
    const own = payeeCheck();
    await own.check(UK);
    server.revoke('token-1');
    await expect(own.check(UK)).resolves.toMatchObject({ result: 'match' });
    expect(server.tokenRequests).toHaveLength(2);
  });

  it('stops asking one that fails, and comes back by itself', async () => {
    const own = payeeCheck();
    reply = { status: 503 };
    for (let i = 0; i < 4; i += 1) await expect(own.check(UK)).resolves.toEqual(unavailable);
    expect(server.requests).toHaveLength(2);
    reply = report({ Matched: true });
    await expect(own.check(UK)).resolves.toEqual(unavailable);
    clock += 1_000;
    await expect(own.check(UK)).resolves.toMatchObject({ result: 'match' });
  });

  it('asks nobody about an account outside the United Kingdom', async () => {
    await expect(payeeCheck().check({ holder: 'Ann Lee', iban: 'DE89370400440532013000' })).resolves.toEqual(
      unavailable,
    );
    expect(server.requests).toHaveLength(0);
    expect(server.tokenRequests).toHaveLength(0);
  });

  it('speaks https alone', () => {
    expect(() => payeeCheck({ baseUrl: 'http://cop.example' })).toThrow('is not https');
  });
});

describe('NoPayeeCheck', () => {
  it('is unavailable', async () => {
    await expect(new NoPayeeCheck().check(UK)).resolves.toEqual(unavailable);
  });
});
