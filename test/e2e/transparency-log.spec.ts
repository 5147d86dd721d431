import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyConsistency, verifyInclusion } from '../../src/crypto/merkle-tree.js';
import { generateSigningKeyPem } from '../../src/crypto/signing-key.js';
import { toCloudEvent } from '../../src/events/event.js';
import { toTypeId } from '../../src/ids/ids.js';
import { openCheckpoint } from '../../src/transparency/checkpoint.js';
import { leafHash, leafRecord } from '../../src/transparency/leaf.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
const pushed: string[] = [];
let witness: Server;
beforeAll(async () => {
  witness = createServer((request, response) => {
    let body = '';
    request
      .on('data', (chunk) => {
        body += chunk;
      })
      .on('end', () => {
        pushed.push(body);
        // It has forgotten everything: the first time it says so, as C2SP tlog-witness asks.
        if (!body.startsWith('old 0\n')) response.writeHead(409).end('0\n');
        else response.end('— witness.example AAAA\n');
      });
  });
  await new Promise<void>((resolve) => witness.listen(0, '127.0.0.1', resolve));
  service = await startTestService({
    WITNESS_URL: `http://127.0.0.1:${(witness.address() as AddressInfo).port}/add-checkpoint`,
  });
});
afterAll(async () => {
  await service.stop();
  witness.close();
});

const get = async (path: string) => {
  const reply = await fetchAdmitted(service.url + path);
  const text = await reply.text();
  return {
    status: reply.status,
    type: reply.headers.get('content-type'),
    text,
    body: /json/.test(reply.headers.get('content-type') ?? '') ? JSON.parse(text) : null,
  };
};
const keys = async () =>
  (await get('/.well-known/jwks.json')).body.keys.map(({ x }: { x: string }) =>
    Buffer.from(x, 'base64url'),
  ) as Buffer[];
const bytes = (proof: string[]) => proof.map((hash) => Buffer.from(hash, 'base64'));
const checkpoint = async (tenant = 'northbank') =>
  openCheckpoint((await get(`/log/checkpoint?tenant=${tenant}`)).text, await keys());

/** Something that happens, and the newest event of the log. */
async function happen() {
  await service.admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [] });
  const [row] = await service.sql(
    `SELECT *, xid::text, sequence::text FROM events WHERE tenant_id = 'northbank' ORDER BY events.xid DESC, events.sequence DESC LIMIT 1`,
  );
  return row;
}

async function untilSealed(eventId: string, limitMs = 60_000): Promise<any> {
  const start = Date.now();
  for (;;) {
    const reply = await get(`/log/proof?event=${toTypeId('evt', eventId)}`);
    if (reply.status === 200) return reply.body;
    if (Date.now() - start > limitMs) throw new Error(`not sealed within ${limitMs} ms: ${reply.text}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the transparency log', () => {
  it('seals an event within five seconds, under a checkpoint that the published key has signed', async () => {
    const event = await happen();
    const proof = await untilSealed(event.id, 5_000);
    const head = await checkpoint();
    expect(head.origin).toBe(`${new URL(service.url).host}/log/northbank`);
    expect(head.size).toBe(proof.treeSize);
    expect(head.root.toString('base64')).toBe(proof.rootHash);
    const leaf = leafHash(leafRecord(event, 'northbank'));
    expect(leaf.toString('base64')).toBe(proof.leafHash);
    expect(verifyInclusion(leaf, proof.leaf, head.size, bytes(proof.proof), head.root)).toBe(true);
  });

  it('seals what webhooks and streams send: whoever has an event can look for it', async () => {
    const event = await happen();
    expect(toCloudEvent(event, 'northbank')).toMatchObject(leafRecord(event, 'northbank') as object);
  });

  it('proves any leaf in any tree that it signed, and each growth', async () => {
    const first = await checkpoint();
    await untilSealed((await happen()).id);
    const second = await checkpoint();
    expect(second.size).toBeGreaterThan(first.size);
    const { body } = await get(`/log/consistency?first=${first.size}&second=${second.size}`);
    expect(verifyConsistency(first.size, second.size, first.root, second.root, bytes(body.proof))).toBe(true);
    expect((await get(`/log/consistency?first=${first.size}`)).body).toEqual(body);
    const old = (await get(`/log/proof?leaf=0&tree_size=${first.size}`)).body;
    expect(verifyInclusion(Buffer.from(old.leafHash, 'base64'), 0, first.size, bytes(old.proof), first.root)).toBe(
      true,
    );
  });

  it('is one for each tenant, by default the first', async () => {
    expect((await get('/log/checkpoint')).text).toBe((await get('/log/checkpoint?tenant=northbank')).text);
    const event = await happen();
    await untilSealed(event.id);
    expect((await get(`/log/proof?tenant=southbank&event=${toTypeId('evt', event.id)}`)).status).toBe(404);
    const south = await checkpoint('southbank');
    expect(south.origin).toMatch(/\/log\/southbank$/);
    expect((await service.sql(`SELECT count(*) FROM log_leaves WHERE tenant_id = 'southbank'`))[0].count).toBe(
      String(south.size),
    );
  });

  it.each([
    ['/log/checkpoint?tenant=eastbank', 404],
    ['/log/checkpoint?tenant=North%20Bank', 400],
    ['/log/checkpoint?tenants=northbank', 400],
    ['/log/proof', 400],
    ['/log/proof?leaf=-1', 400],
    ['/log/proof?leaf=99999999', 404],
    ['/log/proof?leaf=0&tree_size=99999999', 400],
    ['/log/proof?leaf=0&tree_size=0', 400],
    ['/log/proof?leaf=1e3', 404],
    ['/log/proof?leaf=x', 400],
    ['/log/proof?event=evt_01jd3f6q8zfk1rz1m3v9w1c2aa', 404],
    ['/log/proof?event=x', 400],
    ['/log/proof?leaf=1&tree_size=1', 404],
    ['/log/consistency', 400],
    ['/log/consistency?first=0', 400],
    ['/log/consistency?first=2&second=1', 400],
    ['/log/consistency?first=1&second=99999999', 400],
  ])('answers %s with %i', async (path, status) => {
    const reply = await get(path);
    expect({ status: reply.status, type: reply.type }).toEqual({
      status,
      type: expect.stringContaining('application/problem+json'),
    });
  });

  it('pushes its checkpoints to a witness, with the proof that the log only grew, and hears the witness out', async () => {
    await untilSealed((await happen()).id);
    await expect
      .poll(() => pushed.some((body) => /^old [1-9]/.test(body)) && pushed.some((body) => body.startsWith('old 0\n\n')))
      .toBe(true);
    for (const body of pushed) {
      const [, old, proof, note] = /^old (\d+)\n((?:[A-Za-z0-9+/=]{44}\n)*)\n([^]+)$/.exec(body)!;
      const { size, root, origin } = openCheckpoint(note!, await keys());
      if (old === '0') continue;
      const tenant = origin.split('/').pop();
      const [before] = await service.sql(
        `SELECT root_hash FROM log_checkpoints WHERE tenant_id = $1 AND tree_size = $2`,
        [tenant, old],
      );
      expect(
        verifyConsistency(
          Number(old),
          size,
          before.root_hash,
          root,
          bytes(proof!.trimEnd().split('\n').filter(Boolean)),
        ),
      ).toBe(true);
    }
  });

  it('cannot be changed by the service, nor by its owner in passing', async () => {
    for (const table of ['log_leaves', 'log_nodes', 'log_checkpoints']) {
      await expect(service.sql(`DELETE FROM ${table}`)).rejects.toThrow('append-only');
      await expect(service.sql(`UPDATE ${table} SET tenant_id = tenant_id`)).rejects.toThrow('append-only');
    }
  });
});

describe('the signing key', () => {
  it('is rotated without breaking what the former one signed; a key that only the database vouches for is not published', async () => {
    await untilSealed((await happen()).id);
    const before = (await get('/log/checkpoint')).text;
    const kids = (await get('/.well-known/jwks.json')).body.keys.map(({ kid }: { kid: string }) => kid);
    const foreign = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
    await service.sql(
      `INSERT INTO signing_keys (tenant_id, key_id, public_jwk, mac) VALUES ('northbank', 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k', $1, $2)`,
      [foreign, Buffer.alloc(32)],
    );
    const other = await service.startAnother({ SIGNING_KEY: generateSigningKeyPem() });
    const jwks = (await (await fetchAdmitted(`${other.url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string; x: string }[];
    };
    await other.stop();
    expect(jwks.keys.map(({ kid }) => kid)).toEqual([expect.not.stringMatching(kids[0]), ...kids]);
    expect(
      openCheckpoint(
        before,
        jwks.keys.slice(1).map(({ x }) => Buffer.from(x, 'base64url')),
      ).size,
    ).toBeGreaterThan(0);
    expect(() => openCheckpoint(before, [Buffer.from(jwks.keys[0]!.x, 'base64url')])).toThrow();
  });
});
