import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectEnvironment, readConfig } from '../../src/config/config.js';
import { send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';

const PATH = '/v1/public/northbank/references/K7QM-2D4F';
const QUOTA = 3;
const settings = { REFERENCE_CHECKS_PER_MINUTE: String(QUOTA) };

/** What becomes of so many requests, each with the next of these headers. */
async function statuses(
  service: TestService,
  count: number,
  headerOf: (index: number) => string | string[] | null,
): Promise<number[]> {
  const all: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const header = headerOf(index);
    const headers: Record<string, string | string[]> = header === null ? {} : { 'x-forwarded-for': header };
    all.push((await send(service.url, { path: PATH, headers })).status);
  }
  return all;
}
const passed = (all: readonly number[]): number => all.filter((status) => status === 404).length;
let last = 0;
/** An address that nobody has asked from. */
const fresh = (): string => `203.0.113.${(last += 1)}`;

describe('behind no proxy that is trusted', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService(settings);
  });
  afterAll(() => service.stop());

  it('nobody says by a header who they are', async () => {
    expect(passed(await statuses(service, 10, fresh))).toBe(QUOTA);
  });
});

describe('behind a proxy that is trusted', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ ...settings, TRUSTED_PROXIES: '127.0.0.1/32,::1/128,198.51.100.0/24' });
  });
  afterAll(() => service.stop());

  it('each client is counted by itself', async () => {
    const [one, two] = [fresh(), fresh()];
    expect(passed(await statuses(service, 10, () => one))).toBe(QUOTA);
    expect(passed(await statuses(service, 10, () => two))).toBe(QUOTA);
    expect(await statuses(service, 1, () => one)).toEqual([429]);
  });

  it('what a client itself sent in the header counts for nothing: the right-most that is not trusted does', async () => {
    const client = fresh();
    expect(passed(await statuses(service, 10, () => `${fresh()}, ${client}`))).toBe(QUOTA);
    // As two header lines, as some proxies append.
    const other = fresh();
    expect(passed(await statuses(service, 10, () => [fresh(), other]))).toBe(QUOTA);
  });

  it('a chain of trusted proxies is looked through, and one with a stranger in it is not looked behind', async () => {
    const client = fresh();
    expect(passed(await statuses(service, 10, () => `${fresh()}, ${client}, 198.51.100.7, 198.51.100.8`))).toBe(QUOTA);
    const stranger = fresh();
    expect(passed(await statuses(service, 10, () => `198.51.100.7, ${fresh()}, ${stranger}`))).toBe(QUOTA);
  });

  it('a client of IPv6 is its network of 64 bits, however many addresses it has', async () => {
    expect(passed(await statuses(service, 10, (index) => `2001:db8:5:6::${index + 1}`))).toBe(QUOTA);
  });

  it('what is no address is counted to the proxy, whatever it says', async () => {
    expect(
      passed(await statuses(service, 10, (index) => ['unknown', `x${index}`, `192.0.2.1:${index}`][index % 3]!)),
    ).toBe(QUOTA);
    expect(await statuses(service, 1, () => null)).toEqual([429]);
    expect(await statuses(service, 1, fresh)).toEqual([404]);
  });
});

describe('TRUSTED_PROXIES', () => {
  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/8,0.0.0.0/0', 'loopback', '10.0.0.1', 'true', '1', '10.0.0.0/33'])(
    '%s is refused at the start: it would trust everybody, or nobody knows whom',
    (TRUSTED_PROXIES) => expect(() => readConfig({ TRUSTED_PROXIES })).toThrow(/TRUSTED_PROXIES should be CIDR ranges/),
  );

  it('is nobody where it is not set, or `none`', () => {
    for (const [given, read] of [
      [{}, undefined],
      [{ TRUSTED_PROXIES: 'none' }, []],
    ] as const)
      expect(inspectEnvironment(given, { generateKeys: false }).env.TRUSTED_PROXIES).toEqual(read);
  });
});
