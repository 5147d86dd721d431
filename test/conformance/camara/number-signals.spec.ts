import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CamaraOptions, CamaraNumberSignals } from '../../../src/number-signals/camara-number-signals.js';
import { NoNumberSignals } from '../../../src/number-signals/number-signals.js';
import { ApiServer, CLIENT, type Reply } from '../../support/api-server.js';
import { CORRELATOR, ERRORS, errorInfo, OPERATIONS } from './schemas.js';

const ajv = new Ajv2020({ strict: true });
const check = '/sim-swap/v2/check';
const unconditional = '/call-forwarding-signal/v0.3/unconditional-call-forwardings';
const forwardings = '/call-forwarding-signal/v0.3/call-forwardings';
const NUMBER = '+447700900123';
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

describe('CamaraNumberSignals', () => {
  let server: ApiServer;
  let clock: number;
  const answers = new Map<string, Reply>();
  beforeEach(async () => {
    server = await ApiServer.start();
    clock = 0;
    answers.clear();
    answers.set(check, { body: { swapped: false } });
    answers.set(unconditional, { body: { active: false } });
    answers.set(forwardings, { body: ['inactive'] });
    for (const path of Object.keys(OPERATIONS)) server.on(path, () => answers.get(path)!);
  });
  afterEach(async () => {
    for (const { path, body, headers } of server.requests) {
      expect(ajv.validate(OPERATIONS[path as keyof typeof OPERATIONS].request, body), ajv.errorsText()).toBe(true);
      expect(headers['x-correlator']).toMatch(CORRELATOR);
      expect(headers['content-type']).toBe('application/json');
    }
    await server.stop();
  });

  const signals = (options: Partial<CamaraOptions> = {}) =>
    new CamaraNumberSignals(
      {
        baseUrl: `${server.url}/`,
        tokenUrl: server.tokenUrl,
        ...CLIENT,
        timeLimitMs: 1_000,
        allowLoopbackHttp: true,
        circuit: { failures: 2, openForMs: 1_000 },
        ...options,
      },
      () => clock,
    );

  /** An answer that the published schema allows, so that the test server does not speak an API of its own. */
  const published = (path: keyof typeof OPERATIONS, body: unknown): Reply => {
    expect(ajv.validate(OPERATIONS[path].answer, body), ajv.errorsText()).toBe(true);
    return { body };
  };

  it.each([
    [false, false, 'not_swapped', 'inactive'],
    [true, false, 'swapped', 'inactive'],
    [false, true, 'not_swapped', 'active'],
    [true, true, 'swapped', 'active'],
  ])('reads swapped %s and active %s', async (swapped, active, simSwap, callForwarding) => {
    answers.set(check, published(check, { swapped }));
    answers.set(unconditional, published(unconditional, { active }));
    await expect(signals().check(NUMBER)).resolves.toEqual({ simSwap, callForwarding, checkedAt: time });
    expect(server.requests.map(({ path, body }) => [path, body])).toEqual(
      expect.arrayContaining([
        [check, { phoneNumber: NUMBER, maxAge: 240 }],
        [unconditional, { phoneNumber: NUMBER }],
      ]),
    );
    expect(server.tokenRequests.map(({ body }) => body.scope).sort()).toEqual([
      OPERATIONS[unconditional].scope,
      OPERATIONS[check].scope,
    ]);
  });

  it.each([
    [['inactive'], 'inactive'],
    [['unconditional'], 'active'],
    [['conditional_busy', 'conditional_no_answer'], 'active'],
    [['inactive', 'conditional_not_reachable'], 'active'],
  ])('reads the list %j where any forwarding counts', async (list, callForwarding) => {
    answers.set(forwardings, published(forwardings, list));
    await expect(
      signals({ forwarding: 'any', purpose: 'dpv:FraudPreventionAndDetection' }).check(NUMBER),
    ).resolves.toMatchObject({ callForwarding });
    expect(server.tokenRequests.map(({ body }) => body.scope)).toContain(
      `dpv:FraudPreventionAndDetection ${OPERATIONS[forwardings].scope}`,
    );
  });

  it.each<[string, unknown]>([
    ['an empty object, which the schema of unconditional forwarding allows', {}],
    ['null', null],
    ['a text', 'false'],
    ['false as a text', { swapped: 'false', active: 'false' }],
    ['a number', { swapped: 0, active: 0 }],
    ['null inside', { swapped: null, active: null }],
    ['a list', []],
    ['an unknown kind', ['conditional_time_of_day']],
    ['inactive twice', ['inactive', 'inactive']],
    ['inactive beside an unknown kind', ['inactive', 'other']],
  ])('never takes %s for clean', async (_, body) => {
    for (const path of Object.keys(OPERATIONS)) answers.set(path, { body });
    const unknown = { simSwap: 'unknown', callForwarding: 'unknown', checkedAt: time };
    await expect(signals().check(NUMBER)).resolves.toEqual(unknown);
    await expect(signals({ forwarding: 'any' }).check(NUMBER)).resolves.toEqual(unknown);
  });

  it.each(ERRORS)('takes the documented error %i %s for unknown', async (status, code) => {
    const body = { status, code, message: 'As published.' };
    expect(ajv.validate(errorInfo, body)).toBe(true);
    for (const path of Object.keys(OPERATIONS)) answers.set(path, { status, body });
    await expect(signals().check(NUMBER)).resolves.toMatchObject({ simSwap: 'unknown', callForwarding: 'unknown' });
  });

  it.each<[string, Reply]>([
    ['hangs', () => undefined],
    ['answers 500', { status: 500, body: { swapped: false, active: false } }],
    ['answers malformed JSON', { body: '{"swapped":false,"active":false' }],
    ['answers with a web page', { type: 'text/html', body: '{"swapped":false,"active":false}' }],
    ['answers too much', { body: { swapped: false, active: false, padding: 'x'.repeat(100_000) } }],
    ['redirects', { status: 308, headers: { location: unconditional } }],
    ['cuts off', (response) => response.destroy()],
  ])('knows nothing where the operator %s, and still asks the other API', async (_, reply) => {
    answers.set(check, reply);
    await expect(signals().check(NUMBER)).resolves.toMatchObject({ simSwap: 'unknown', callForwarding: 'inactive' });
    answers.set(check, { body: { swapped: true } });
    answers.set(unconditional, reply);
    await expect(signals().check(NUMBER)).resolves.toMatchObject({ simSwap: 'swapped', callForwarding: 'unknown' });
  });

  it('knows nothing where there is no token', async () => {
    server.token = () => ({ status: 503 });
    await expect(signals().check(NUMBER)).resolves.toMatchObject({ simSwap: 'unknown', callForwarding: 'unknown' });
    expect(server.requests).toHaveLength(0);
  });

  it('gets a new token once where the one it has is refused', async () => {
    const own = signals();
    await own.check(NUMBER);
    server.revoke('token-1');
    server.revoke('token-2');
    await expect(own.check(NUMBER)).resolves.toMatchObject({ simSwap: 'not_swapped', callForwarding: 'inactive' });
    expect(server.tokenRequests).toHaveLength(4);
  });

  it('stops asking an API that fails, answers unknown meanwhile, and comes back by itself', async () => {
    const own = signals();
    answers.set(check, { status: 500 });
    for (let i = 0; i < 4; i += 1)
      await expect(own.check(NUMBER)).resolves.toMatchObject({ simSwap: 'unknown', callForwarding: 'inactive' });
    const asked = () => server.requests.filter(({ path }) => path === check).length;
    expect(asked()).toBe(2);
    answers.set(check, { body: { swapped: true } });
    await expect(own.check(NUMBER)).resolves.toMatchObject({ simSwap: 'unknown' });
    clock += 1_000;
    await expect(own.check(NUMBER)).resolves.toMatchObject({ simSwap: 'swapped' });
    expect(asked()).toBe(3);
  });

  it.each(['07700900123', '+0700900123', 'tel:+447700900123', '', '+4477009001234567'])(
    'asks nobody about %j',
    async (number) => {
      await expect(signals().check(number)).resolves.toMatchObject({ simSwap: 'unknown', callForwarding: 'unknown' });
      expect(server.requests).toHaveLength(0);
      expect(server.tokenRequests).toHaveLength(0);
    },
  );

  it('refuses settings that the API would refuse', () => {
    for (const simSwapMaxAgeHours of [0, 2_401, 1.5, NaN])
      expect(() => signals({ simSwapMaxAgeHours })).toThrow('simSwapMaxAgeHours');
    expect(() => signals({ baseUrl: 'http://operator.example' })).toThrow('is not https');
  });
});

describe('NoNumberSignals', () => {
  it('knows nothing', async () => {
    await expect(new NoNumberSignals().check(NUMBER)).resolves.toEqual({
      simSwap: 'unknown',
      callForwarding: 'unknown',
      checkedAt: time,
    });
  });
});
