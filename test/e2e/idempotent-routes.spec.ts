import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEYED_CASES, type KeyedRequest } from '../support/keyed-requests.js';
import { type RawReply, send } from '../support/raw-http.js';
import { type Identities, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let tables: string[];
const tokens = new Map<keyof Identities, string>();
let keys = 0;

beforeAll(async () => {
  service = await startTestService({ WORKERS: 'off' });
  // Nothing that waits for an answer lapses while two states of everything are compared.
  const { headers } = await service.admin.get('/v1/policy');
  const { status } = await service.admin.put(
    '/v1/policy',
    { callbacks: { opens: '00:00', closes: '24:00' }, verification: { lifetimeSeconds: 600 } },
    { headers: { 'if-match': headers.get('etag')! } },
  );
  expect(status).toBe(200);
  for (const identity of ['app', 'admin', 'analyst', 'amara', 'ben'] as const)
    tokens.set(
      identity,
      await service.token(identity === 'amara' || identity === 'ben' ? `agent:${identity}` : identity),
    );
  // All that a request may change: what is derived from the log, and the keys themselves, are not looked at.
  tables = (
    await service.sql<{
      name: string;
    }>(`SELECT oid::regclass::text AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname NOT LIKE 'log\\_%'
    AND relname NOT IN ('idempotency_keys', 'event_consumers') AND relnamespace IN ('public'::regnamespace, 'graphile_worker'::regnamespace) ORDER BY 1`)
  ).map(({ name }) => name);
  await service.sql(`CREATE TABLE fault (mode text NOT NULL); INSERT INTO fault VALUES ('none')`);
  await service.sql(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
    CASE (SELECT mode FROM fault) || TG_ARGV[0]
      WHEN 'keeping is refused now' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'disk_full';
      WHEN 'the connection breaks before the commit now' THEN PERFORM pg_terminate_backend(pg_backend_pid());
      WHEN 'the commit is refused later' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure';
      ELSE NULL;
    END CASE; RETURN NEW; END $$`);
  await service.sql(
    `CREATE TRIGGER fail BEFORE UPDATE ON idempotency_keys FOR EACH ROW WHEN (NEW.response_sealed IS NOT NULL) EXECUTE FUNCTION fail(' now')`,
  );
  await service.sql(
    `CREATE CONSTRAINT TRIGGER fail_later AFTER UPDATE ON idempotency_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.response_sealed IS NOT NULL) EXECUTE FUNCTION fail(' later')`,
  );
});
afterEach(() => be('none'));
afterAll(() => service.stop());

const be = (mode: string): Promise<unknown> => service.sql('UPDATE fault SET mode = $1', [mode]);

/** Everything that is stored, each table as a hash. */
async function everything(): Promise<Record<string, string>> {
  const [row] = await service.sql<Record<string, string>>(
    `SELECT ${tables.map((name) => `(SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '')) FROM ${name} t) AS "${name}"`).join()}`,
  );
  return row!;
}

function post({ as, path, body }: KeyedRequest, key: string): Promise<RawReply> {
  return send(service.url, {
    method: 'POST',
    path,
    headers: {
      authorization: `Bearer ${tokens.get(as)}`,
      'idempotency-key': key,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

/** Again until no earlier request under the key is taken to be running still. */
async function postAgain(request: KeyedRequest, key: string): Promise<RawReply> {
  for (;;) {
    const reply = await post(request, key);
    if (!/idempotency-in-progress$/.test(reply.body.type ?? '')) return reply;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const whole = ({ status, headers, text }: RawReply): object => ({
  status,
  text,
  type: headers['content-type'],
  caching: headers['cache-control'],
});

it('there is a case for every operation that takes an Idempotency-Key', async () => {
  const { paths } = (await send(service.url, { path: '/openapi.json' })).body as {
    paths: Record<string, Record<string, { operationId: string; parameters?: { name: string }[] }>>;
  };
  const taking = Object.values(paths)
    .flatMap((methods) => Object.values(methods))
    .filter(({ parameters }) => parameters?.some(({ name }) => name === 'Idempotency-Key'));
  expect(new Set(KEYED_CASES.map(({ operation }) => operation))).toEqual(
    new Set(taking.map(({ operationId }) => operationId)),
  );
});

describe.each(KEYED_CASES.map((one) => [`${one.operation}, ${one.what}`, one] as const))(
  '%s',
  (_name, { status, kept = true, prepare }) => {
    it.each(['keeping is refused', 'the commit is refused', 'the connection breaks before the commit'])(
      'has no effect where %s; sent again it has it once, and its answer again to the byte',
      async (mode) => {
        const request = await prepare(service);
        const key = `case-${(keys += 1)}`;
        const before = await everything();
        if (kept) {
          await be(mode);
          expect((await post(request, key)).status).toBeGreaterThanOrEqual(500);
          expect(await everything()).toEqual(before);
          await be('none');
        }

        const first = await postAgain(request, key);
        expect(first).toMatchObject({ status });
        expect(first.headers['idempotency-replayed']).toBeUndefined();
        const after = await everything();
        const again = await post(request, key);
        if (!kept) return expect(again.headers['idempotency-replayed']).toBeUndefined();
        expect(again.headers['idempotency-replayed']).toBe('true');
        expect(whole(again)).toEqual(whole(first));
        expect(await everything()).toEqual(after);
      },
    );
  },
);
