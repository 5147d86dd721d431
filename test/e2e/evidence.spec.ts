import { createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import { fromTypeId } from '../../src/ids/ids.js';
import type { Evidence } from '../../src/transparency/evidence.js';
import { type TrustedKey, verifyEvidence } from '@countersign/client';
import {
  AFTER,
  answerChange,
  callBackAndConfirm,
  giveOldNumber,
  letTimePass,
  requestChange,
  ringAtAnyHour,
} from '../support/changes.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let keys: TrustedKey[];
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
  keys = ((await (await fetchAdmitted(`${service.url}/.well-known/jwks.json`)).json()) as { keys: TrustedKey[] }).keys;
});
afterAll(() => service.stop());

const payloadOf = (jws: string): Evidence =>
  JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString('utf8')) as Evidence;
const failures = (file: string, trusted = keys) =>
  verifyEvidence(file, trusted)
    .filter(({ result }) => result === 'failed')
    .map(({ name }) => name);
const open = (file: string) =>
  verifyEvidence(file, keys)
    .filter(({ result }) => result === 'not_verifiable')
    .map(({ name }) => name.replace(/^(ver|chg)_\w+ /, ''));

async function evidenceOf(id: string): Promise<string> {
  const reply = await service.analyst.get(`/v1/evidence/${id}`);
  expect(reply).toMatchObject({ status: 200 });
  return reply.body;
}

/** A call that the customer confirms, after one wrong code. */
async function confirmedCall(device?: CustomerDevice) {
  device ??= await service.customerWithDevice();
  const call = (
    await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      agent: { department: 'Fraud Operations' },
      verify: true,
    })
  ).body;
  const question = (await device.waitingQuestion(service.app))!;
  const { code } = call.verification;
  expect(
    (await device.answer(service.app, question, { answer: 'yes', code: code === '000000' ? '111111' : '000000' }))
      .status,
  ).toBe(422);
  expect(
    (await device.answer(service.app, question, { answer: 'yes', code, handset: { inCall: true, outgoing: false } }))
      .status,
  ).toBe(200);
  return { device, call, question, id: call.verification.id as string };
}

/** Signs a changed payload with the service's own key: a service that lies, or whose log was damaged. */
function resign(jws: string, change: (evidence: any) => void): string {
  const evidence = structuredClone(payloadOf(jws));
  change(evidence);
  const key = createPrivateKey(readFileSync(join(service.dataDirectory, 'signing.key')));
  const input = `${jws.split('.')[0]}.${Buffer.from(JSON.stringify(evidence)).toString('base64url')}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

describe('the evidence of a call', () => {
  it('asked for at once, holds what was shown, answered and signed, and verifies by the published keys alone', async () => {
    const { device, call, question, id } = await confirmedCall();
    const jws = await evidenceOf(id);
    expect(verifyEvidence(jws, keys).map(({ name, result }) => `${result} ${name}`)).toEqual(
      expect.arrayContaining([
        'verified signature',
        'verified checkpoint',
        'verified order',
        ...['events', 'question', 'display', 'outcome', 'answer', 'device'].map((what) => `verified ${id} ${what}`),
        'verified policy 1',
      ]),
    );
    expect(failures(jws)).toEqual([]);
    expect(open(jws)).toEqual([]);
    const evidence = payloadOf(jws);
    const [verification] = evidence.verifications;
    expect(verification).toMatchObject({
      id,
      status: 'confirmed',
      display: question.display,
      challenge: question.challenge,
      codeAttempts: { used: 2, allowed: 5 },
      answer: 'yes',
      handset: { inCall: true, outgoing: false },
      findings: [],
      startedBy: 'amara',
      device: {
        id: device.id,
        publicKey: expect.objectContaining({ kty: 'EC' }),
        ageSecondsAtAnswer: expect.any(Number),
      },
    });
    expect(evidence.calls).toMatchObject([
      {
        id: call.id,
        reference: call.reference,
        purpose: 'A payment we stopped',
        agent: { id: 'amara', department: 'Fraud Operations' },
      },
    ]);
    expect(evidence.policies).toMatchObject([
      { version: 1, document: { callbacks: { opens: '00:00' } }, inForce: { attempts: { codeFailures: 5 } } },
    ]);
    expect(evidence.events.map(({ record }) => record.type.replace('countersign.', ''))).toEqual(
      expect.arrayContaining([
        'device.enrolled',
        'call.declared',
        'verification.started',
        'verification.code_failed',
        'verification.confirmed',
      ]),
    );
    expect(evidence.purpose).toContain("not the customer's fault");
    expect(JSON.stringify(evidence)).not.toMatch(/negligen/i);
  });

  it('of a waiting, a lapsed and a refused question verifies too', async () => {
    const device = await service.customerWithDevice();
    const call = (
      await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'inbound',
        purpose: 'Rang us',
        verify: true,
      })
    ).body;
    const { id } = call.verification;
    const waiting = await evidenceOf(id);
    expect(failures(waiting)).toEqual([]);
    expect(payloadOf(waiting).verifications[0]).toMatchObject({
      status: 'waiting',
      answer: null,
      signedAnswer: null,
      device: null,
      display: { question: 'did_you_phone_us' },
    });
    await device.answer(service.app, (await device.waitingQuestion(service.app))!, {
      answer: 'no',
      reason: 'they_called_me',
    });
    const reported = await evidenceOf(id);
    expect(failures(reported)).toEqual([]);
    expect(payloadOf(reported).verifications[0]).toMatchObject({
      status: 'reported',
      reason: 'they_called_me',
      findings: ['relay_suspected'],
    });
    const lapsed = (
      await service.amara.post('/v1/calls', {
        customerId: newCustomerIdWith(await service.customerWithDevice()),
        direction: 'outbound',
        purpose: 'Hello',
        verify: true,
      })
    ).body.verification.id;
    await service.sql(`UPDATE verifications SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      fromTypeId('ver', lapsed),
    ]);
    const expired = await evidenceOf(lapsed);
    expect(failures(expired)).toEqual([]);
    expect(payloadOf(expired).verifications[0]!.status).toBe('expired');
  });

  it('is a page to read and to print, where that is asked for: escaped, without script', async () => {
    const device = await service.customerWithDevice();
    const call = (
      await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'outbound',
        purpose: '<script>alert("1")</script> & more',
        verify: true,
      })
    ).body;
    const reply = await service.analyst.get(`/v1/evidence/${call.verification.id}`, {
      headers: { accept: 'text/html,*/*;q=0.8' },
    });
    expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(reply.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(reply.body).toContain('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38; more');
    expect(reply.body).not.toMatch(/<script|<img|<iframe| on\w+=|javascript:/i);
    expect(reply.body).toContain('not the customer&#39;s fault');
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('is for analysts and administrators of the same bank', async () => {
    const { id } = await confirmedCall();
    const south = await service.clients('southbank');
    expect(await south.analyst.get(`/v1/evidence/${id}`)).toMatchObject({ status: 404 });
    expect(await service.amara.get(`/v1/evidence/${id}`)).toMatchObject({ status: 403 });
    expect(await service.admin.get(`/v1/evidence/${id}`)).toMatchObject({ status: 200 });
    for (const unknown of [
      'ver_01jd3f6q8zfk1rz1m3v9w1c2aa',
      'chg_01jd3f6q8zfk1rz1m3v9w1c2aa',
      'call_01jd3f6q8zfk1rz1m3v9w1c2aa',
      'x',
    ])
      expect(await service.analyst.get(`/v1/evidence/${unknown}`)).toMatchObject({ status: 404 });
  });
});

function newCustomerIdWith(device: CustomerDevice): string {
  return device.customerId;
}

describe('the evidence of a change', () => {
  it('holds proofs, callback, details and every question about it, and verifies', async () => {
    const device = await service.customerWithDevice();
    await giveOldNumber(service, device.customerId);
    const { body } = await requestChange(service, device.customerId, { atRisk: { amount: 50_000, currency: 'GBP' } });
    await answerChange(service, device, 'yes');
    expect((await callBackAndConfirm(service, device)).status).toBe(200);
    expect((await service.chioma.post(`/v1/changes/${body.id}/approve`)).status).toBe(200);
    await letTimePass(service, body.id, '25 hours');
    expect((await service.amara.get(`/v1/changes/${body.id}`)).body.status).toBe('released');
    const jws = await evidenceOf(body.id);
    expect(failures(jws)).toEqual([]);
    const { change, verifications, calls, events } = payloadOf(jws);
    expect(change).toMatchObject({
      status: 'released',
      details: { value: { after: AFTER } },
      secondAgent: { by: 'chioma' },
      callbacks: [
        { status: 'verified', verifiedVia: 'app', closedBy: 'ben', numberOnFileSince: '2020-01-01T00:00:00.000Z' },
      ],
      letters: [],
    });
    expect(verifications.map(({ kind, status }) => `${kind} ${status}`).sort()).toEqual([
      'callback confirmed',
      'change confirmed',
    ]);
    expect(calls).toHaveLength(1);
    expect(events.map(({ record }) => record.type)).toEqual(
      expect.arrayContaining([
        'countersign.change.requested',
        'countersign.change.approved',
        'countersign.change.released',
        'countersign.callback.verified',
        'countersign.verification.confirmed',
      ]),
    );
  });

  it('of a refused one shows the no', async () => {
    const device = await service.customerWithDevice();
    await giveOldNumber(service, device.customerId);
    const { body } = await requestChange(service, device.customerId);
    await answerChange(service, device, 'no', 'not_me');
    const jws = await evidenceOf(body.id);
    expect(failures(jws)).toEqual([]);
    expect(payloadOf(jws).change).toMatchObject({ status: 'refused', refusedBecause: 'denied' });
  });
});

describe('a customer who is shredded', () => {
  it('leaves evidence without personal data whose proofs still verify; what was exported before does too', async () => {
    const { device, id } = await confirmedCall();
    await giveOldNumber(service, device.customerId);
    const change = (await requestChange(service, device.customerId)).body;
    const before = await evidenceOf(id);
    expect((await service.admin.delete(`/v1/customers/${device.customerId}`)).status).toBe(204);
    for (const subject of [id, change.id]) {
      const jws = await evidenceOf(subject);
      expect(failures(jws)).toEqual([]);
      const evidence = payloadOf(jws);
      expect(evidence.shredded).toBe(true);
      expect(JSON.stringify(evidence)).not.toMatch(/Amara|A payment we stopped|Oak Joinery|GB82|WEST/);
      expect(
        evidence.verifications.every(
          ({ display, shown, signedAnswer, device: own }) =>
            display === null && shown === null && signedAnswer === null && own === null,
        ),
      ).toBe(true);
    }
    expect(open(await evidenceOf(id))).toEqual(['display', 'answer', 'device']);
    expect(verifyEvidence(await evidenceOf(id), keys).find(({ name }) => name === 'shredded')).toMatchObject({
      result: 'verified',
    });
    expect(failures(before)).toEqual([]);
    // The same customer id again is another key, and reads nothing of the old one.
    await service.customerWithDevice(device.customerId);
    expect(payloadOf(await evidenceOf(id))).toMatchObject({ shredded: true, verifications: [{ display: null }] });
  });

  it('is not what a file can claim to hide something', async () => {
    const { id } = await confirmedCall();
    const hidden = resign(await evidenceOf(id), (evidence) =>
      Object.assign(evidence, {
        shredded: true,
        verifications: [{ ...evidence.verifications[0], display: null, shown: null }],
      }),
    );
    expect(failures(hidden)).toContain('shredded');
  });
});

describe('tampering', () => {
  let jws: string;
  let id: string;
  beforeAll(async () => {
    ({ id } = await confirmedCall());
    jws = await evidenceOf(id);
  });

  it('with any byte of the file is named', () => {
    const dots = [jws.indexOf('.'), jws.lastIndexOf('.')] as const;
    const position = fc.oneof(
      fc.nat(dots[0]),
      fc.integer({ min: dots[0], max: dots[1] }),
      fc.integer({ min: dots[1], max: jws.length - 1 }),
      fc.constantFrom(0, dots[0], dots[1], jws.length - 1),
    );
    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Buffer.from(jws, 'latin1');
        bytes[at]! ^= flip;
        const named = failures(bytes.toString('latin1'));
        expect(
          named.some((name) => ['file', 'signature'].includes(name)),
          `byte ${at}`,
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
    for (const changed of [
      `${jws} `,
      `${jws}\n\n`,
      ` ${jws}`,
      jws.slice(0, -1),
      `${jws}.`,
      '',
      '..',
      jws.replace('.', '..'),
    ])
      expect(failures(changed)).not.toEqual([]);
    expect(failures(`${jws}\n`)).toEqual([]);
  });

  it.each<[string, (evidence: any) => void, string | RegExp]>([
    [
      'a display',
      (evidence) => {
        evidence.verifications[0].display.purpose = 'A prize';
      },
      /^ver_\w+ display$/,
    ],
    [
      'a display and what is committed to',
      (evidence) => {
        evidence.verifications[0].display.purpose = evidence.verifications[0].shown.value.purpose = 'A prize';
      },
      /^ver_\w+ display$/,
    ],
    [
      'when it was shown',
      (evidence) => {
        evidence.verifications[0].display.startedAt = '2026-01-31T09:30:00.000Z';
      },
      /^ver_\w+ display$/,
    ],
    [
      'a challenge',
      (evidence) => {
        evidence.verifications[0].challenge = 'x';
      },
      /^ver_\w+ question$/,
    ],
    [
      'a policy version',
      (evidence) => {
        evidence.verifications[0].policyVersion = 0;
      },
      /^ver_\w+ question$/,
    ],
    [
      'an answer',
      (evidence) => {
        evidence.verifications[0].answer = 'no';
      },
      /^ver_\w+ outcome$/,
    ],
    [
      'a finding',
      (evidence) => {
        evidence.verifications[0].findings.push('new_device');
      },
      /^ver_\w+ outcome$/,
    ],
    [
      'a status',
      (evidence) => {
        evidence.verifications[0].status = 'denied';
      },
      /^ver_\w+ events$/,
    ],
    [
      'the signed answer',
      (evidence) => {
        evidence.verifications[0].signedAnswer.value = evidence.verifications[0].signedAnswer.value.replace(
          /.{4}$/,
          'AAAA',
        );
      },
      /^ver_\w+ answer$/,
    ],
    [
      'no signed answer',
      (evidence) => {
        evidence.verifications[0].signedAnswer = null;
      },
      /^ver_\w+ answer$/,
    ],
    [
      'a device key',
      (evidence) => {
        evidence.verifications[0].device.publicKey = {
          kty: 'OKP',
          crv: 'Ed25519',
          x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        };
      },
      /^ver_\w+ device$/,
    ],
    [
      'a policy',
      (evidence) => {
        evidence.policies[0].document.callbacks.opens = '09:00';
      },
      'policy 1',
    ],
    [
      'an event',
      (evidence) => {
        evidence.events.at(-1).record.data.answer = 'no';
      },
      /^leaf \d+ countersign\.verification\.confirmed$/,
    ],
    [
      'the time of an event',
      (evidence) => {
        evidence.events[0].record.time = '2026-01-31T09:30:00.000Z';
      },
      /^leaf \d+ /,
    ],
    [
      'an event more',
      (evidence) => {
        evidence.events.push({ ...evidence.events.at(-1), leaf: evidence.events.at(-1).leaf + 1 });
      },
      'order',
    ],
    [
      'an event less',
      (evidence) => {
        evidence.events = evidence.events.filter((event: any) => !event.record.type.endsWith('started'));
      },
      /^ver_\w+ events$/,
    ],
    [
      'another order',
      (evidence) => {
        evidence.events.reverse();
      },
      'order',
    ],
    [
      'a leaf number',
      (evidence) => {
        evidence.events[0].leaf += 1;
      },
      /^leaf \d+ /,
    ],
    [
      'a proof',
      (evidence) => {
        evidence.events[0].proof[0] = Buffer.alloc(32).toString('base64');
      },
      /^leaf \d+ /,
    ],
    [
      'a checkpoint',
      (evidence) => {
        evidence.checkpoint = evidence.checkpoint.replace(
          /\n(\d+)\n/,
          (_all: string, size: string) => `\n${Number(size) + 1}\n`,
        );
      },
      'checkpoint',
    ],
    [
      'the root in a checkpoint',
      (evidence) => {
        evidence.checkpoint = evidence.checkpoint.replace(
          /\n[A-Za-z0-9+/]{43}=\n/,
          `\n${Buffer.alloc(32).toString('base64')}\n`,
        );
      },
      'checkpoint',
    ],
    [
      'the tenant',
      (evidence) => {
        evidence.tenant = 'southbank';
      },
      'checkpoint',
    ],
    [
      'the subject',
      (evidence) => {
        evidence.subject = 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa';
      },
      'subject',
    ],
    [
      'the customer',
      (evidence) => {
        evidence.customerId = 'somebody';
      },
      'subject',
    ],
    [
      'nonsense',
      (evidence) => {
        evidence.events[0] = null;
      },
      'payload',
    ],
    [
      'no verifications',
      (evidence) => {
        evidence.verifications = [{}];
      },
      'subject',
    ],
  ])('by a service that lies about %s is named', (_what, change, name) => {
    expect(failures(resign(jws, change))).toEqual(
      expect.arrayContaining([typeof name === 'string' ? name : expect.stringMatching(name)]),
    );
  });

  it('with a stored leaf, a stored node or an event is named, and nothing more is signed over it', async () => {
    const { leaf } = payloadOf(jws).events[0]!;
    const sabotage = async (sql: string, values: unknown[]) => {
      const [{ text }] = await service.sql(`SELECT set_config('session_replication_role', 'replica', false) AS text`);
      expect(text).toBe('replica');
      await service.sql(
        `BEGIN; SET LOCAL session_replication_role = replica; ${sql.replace(/\$(\d)/g, (_all, n: string) => (typeof values[Number(n) - 1] === 'number' ? String(values[Number(n) - 1]) : `'${String(values[Number(n) - 1])}'`))}; COMMIT; SET session_replication_role = DEFAULT`,
      );
    };
    const sibling = leaf % 2 === 0 ? leaf + 1 : leaf - 1;
    const flip = (table: string, where: string) =>
      sabotage(
        `UPDATE ${table} SET ${table === 'log_leaves' ? 'leaf_hash = set_byte(leaf_hash, 7, get_byte(leaf_hash, 7) # 1)' : 'hash = set_byte(hash, 7, get_byte(hash, 7) # 1)'} WHERE tenant_id = 'northbank' AND ${where}`,
        [],
      );
    const signed = async () =>
      (await service.sql(`SELECT max(tree_size)::int AS size FROM log_checkpoints WHERE tenant_id = 'northbank'`))[0]
        .size as number;
    const all = [
      [`log_leaves`, `leaf_index = ${sibling}`],
      ['log_nodes', `level = 1 AND node_index = ${Math.floor(leaf / 2) ^ 1}`],
    ] as const;
    for (const [table, where] of all) {
      await flip(table, where);
      expect(failures(await evidenceOf(id))).toEqual(
        expect.arrayContaining([expect.stringMatching(new RegExp(`^leaf ${leaf} `))]),
      );
      await flip(table, where);
      expect(failures(await evidenceOf(id))).toEqual([]);
    }
    await sabotage(`UPDATE events SET data = jsonb_set(data, '{platform}', '"ios"') WHERE id = $1`, [
      fromTypeId('evt', payloadOf(jws).events.find(({ record }) => record.type.endsWith('device.enrolled'))!.record.id),
    ]);
    expect(failures(await evidenceOf(id))).toEqual([expect.stringMatching(/^leaf \d+ countersign\.device\.enrolled$/)]);
    // The whole left half: no tree that grew out of it fits the checkpoint signed before.
    const unsigned = async () =>
      (
        await service.sql(
          `SELECT FROM events WHERE tenant_id = 'northbank' AND id NOT IN (SELECT event_id FROM log_leaves WHERE leaf_index < $1)`,
          [await signed()],
        )
      ).length;
    await expect.poll(unsigned).toBe(0);
    const size = await signed();
    const half = `level = ${Math.floor(Math.log2(size))} AND node_index = 0`;
    await flip('log_nodes', half);
    await service.admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [] });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await signed()).toBe(size);
    await flip('log_nodes', half);
    await expect.poll(signed).toBeGreaterThan(size);
  });

  it('is found against a checkpoint that somebody else has kept', async () => {
    const text = async (path: string) => (await fetchAdmitted(service.url + path)).text();
    const named = (note: string, consistency?: string[]) =>
      verifyEvidence(jws, keys, { note, ...(consistency ? { consistency } : {}) }).find(
        ({ name }) => name === 'outside checkpoint',
      )!.result;
    expect(named(payloadOf(jws).checkpoint)).toBe('verified');
    const newest = await text('/log/checkpoint');
    const [, size] = newest.split('\n');
    const [, own] = payloadOf(jws).checkpoint.split('\n');
    const { proof } = JSON.parse(await text(`/log/consistency?first=${own}&second=${size}`)) as { proof: string[] };
    expect(named(newest, proof)).toBe('verified');
    expect(named(newest)).toBe('failed');
    expect(named(newest, proof.slice(1))).toBe('failed');
    expect(named(await text('/log/checkpoint?tenant=southbank'))).toBe('failed');
  });
});
