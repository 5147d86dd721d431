import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';

const RECORD = 'test/e2e/policy-refusals.json';

const words = (change: object): string =>
  JSON.stringify({ advice: [{ code: 'hang_up', locale: 'en', headline: 'Hang up.', steps: ['Now.'], ...change }] });
const rule = (change: object): string => JSON.stringify({ changes: { rules: [{ proofs: ['app'], ...change }] } });

/** Bodies as they are sent. */
const BODIES: readonly string[] = [
  '{}',
  '[]',
  'null',
  '7',
  '"policy"',
  '{"verification":{},"changes":{},"callbacks":{},"ownAddresses":{}}',
  '{"verification":null}',
  '{"verification":[]}',
  '{"verification":"120"}',
  '{"verification":{"lifetimeSeconds":29}}',
  '{"verification":{"lifetimeSeconds":601}}',
  '{"verification":{"lifetimeSeconds":"120"}}',
  '{"verification":{"lifetimeSeconds":null}}',
  '{"verification":{"lifetimeSeconds":120.5}}',
  '{"verification":{"lifetimeSeconds":1e400}}',
  '{"verification":{"lifetimeSeconds":60,"lifetime":60}}',
  '{"verification":{"__proto__":{"lifetimeSeconds":60}}}',
  '{"constructor":{"lifetimeSeconds":60}}',
  '{"version":3,"changedAt":null}',
  '{"attempts":{"codeFailures":2},"pushBudget":{"perMinute":21,"sinceConfirmed":4},"call":{"lifetimeSeconds":59}}',
  '{"device":{"ageSeconds":-1,"mostPerCustomer":0},"contact":{"ageSeconds":7776001}}',
  '{"changes":{"coolingOffSeconds":-1,"expirySeconds":3599,"answerSeconds":599,"letterSeconds":86399,"letterAttempts":11}}',
  '{"changes":{"secondAgentAbove":{}}}',
  '{"changes":{"secondAgentAbove":{"amount":1}}}',
  '{"changes":{"secondAgentAbove":{"amount":-1,"currency":"gbp"}}}',
  '{"changes":{"secondAgentAbove":{"amount":1.5,"currency":"POUNDS"}}}',
  '{"changes":{"secondAgentAbove":{"amount":1000000001,"currency":null,"unit":"GBP"}}}',
  '{"changes":{"secondAgentAbove":[{"amount":1,"currency":"EUR"}]}}',
  '{"changes":{"secondAgentAbove":{"amount":0,"currency":"EUR"}}}',
  '{"changes":{"rules":{}}}',
  '{"changes":{"rules":[[]]}}',
  '{"changes":{"rules":[null,"app",{}]}}',
  rule({ proofs: [] }),
  rule({ proofs: 'app' }),
  rule({ proofs: ['app', 'callback', 'letter', 'second_agent', 'app'] }),
  rule({ proofs: ['App', ''] }),
  rule({ proofs: ['app\n', 7, null] }),
  rule({ proofs: ['second_agent'] }),
  rule({ proofs: ['letter', 'letter'] }),
  rule({ subject: 'account', askedThrough: 'fax' }),
  rule({ subject: null, askedThrough: ['email'] }),
  rule({ subject: 'payee_account', askedThrough: 'email', proofs: ['app', 'letter'] }),
  JSON.stringify({ changes: { rules: Array(51).fill({ proofs: ['app'] }) } }),
  '{"callbacks":{"timeZone":"BST","opens":"8:00","closes":"24:01"}}',
  '{"callbacks":{"timeZone":null,"opens":800,"closes":"20:00 "}}',
  '{"callbacks":{"timeZone":"europe/paris","opens":"00:00","closes":"24:00"}}',
  '{"callbacks":{"opens":"20:00"}}',
  '{"callbacks":{"days":[]}}',
  '{"callbacks":{"days":[0,8,"1",1.5]}}',
  '{"callbacks":{"days":[1,2,3,4,5,6,7,1]}}',
  '{"callbacks":{"days":"1-5"}}',
  '{"callbacks":{"holidays":["25/12/2026","2026-12-25"]}}',
  '{"callbacks":{"holidays":["2026-02-30"]}}',
  '{"callbacks":{"windowSeconds":0,"claimSeconds":3601,"attempts":0,"retrySeconds":86401}}',
  '{"signals":{"windowSeconds":604801},"reports":{"perDay":2}}',
  '{"coverage":{"floorPercent":101,"marginPercent":21,"windowSeconds":3599,"minimumCalls":0}}',
  '{"campaigns":{"windowSeconds":59,"minimumReach":2,"timesUsual":0,"newcomerSeconds":-1,"quietSeconds":599}}',
  '{"campaigns":{"sharedHosts":["*.com","bit.ly","","a\\u202eb"]}}',
  '{"campaigns":{"sharedHosts":["Bit.ly","*"]}}',
  JSON.stringify({ campaigns: { sharedHosts: Array(201).fill('bit.ly') } }),
  '{"retention":{"callRecordDays":30,"noticeDays":90,"reportDays":3651}}',
  '{"ownAddresses":{"hosts":["github.io","co.uk"],"mail":["northbank"],"links":["northbank"]}}',
  JSON.stringify({ ownAddresses: { hosts: ['a'.repeat(254)], mail: ['b'.repeat(321)], links: ['c'.repeat(2001)] } }),
  '{"ownAddresses":{"hosts":["northbank.example"],"mail":["help@post.example"],"links":["https://apps.example/n"]}}',
  '{"defaultCountry":"UK","defaultLocale":"english"}',
  '{"defaultCountry":"AQ","defaultLocale":"EN-gb"}',
  '{"defaultCountry":["GB"],"defaultLocale":null}',
  '{"neverAsk":"your PIN"}',
  '{"neverAsk":["", "  ", 7]}',
  JSON.stringify({ neverAsk: Array(13).fill('your PIN') }),
  JSON.stringify({ neverAsk: ['x'.repeat(141)] }),
  '{"neverAsk":["your PIN\\nor a code","pin\\u200b"]}',
  '{"advice":[{}]}',
  '{"advice":{"code":"hang_up"}}',
  words({ code: 'nothing', locale: 'en_GB', headline: '', steps: [] }),
  words({ headline: 'x'.repeat(141), steps: Array(7).fill('Now.') }),
  words({ headline: 'Hang\nup.', steps: ['x'.repeat(201)] }),
  words({ headline: 7, steps: null, tone: 'stern' }),
  words({ locale: 'CY' }),
  JSON.stringify({ advice: Array(201).fill({ code: 'hang_up', locale: 'en', headline: 'x', steps: [] }) }),
];

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/**
 * What is said of a policy that is refused, word by word, and what comes of one that is taken.
 * `UPDATE_SNAPSHOTS=1 npx vitest run test/e2e/policy-refusals.spec.ts` records it anew.
 */
describe('a hostile policy', () => {
  it('is refused in the words that were recorded', async () => {
    const headers = { authorization: `Bearer ${await service.token('admin')}`, 'content-type': 'application/json' };
    const answers: object[] = [];
    for (const body of BODIES) {
      const { headers: current } = await send(service.url, { path: '/v1/policy', headers });
      const put = { ...headers, 'if-match': current.etag! };
      const reply = await send(service.url, { method: 'PUT', path: '/v1/policy', headers: put, body });
      const { version: _version, changedAt: _changedAt, type, errors, ...policy } = reply.body;
      const sent = body.length > 200 ? `${body.slice(0, 200)}…` : body;
      answers.push(reply.status === 200 ? { sent, policy } : { sent, type: type.split('/').at(-1), errors });
    }
    if (process.env.UPDATE_SNAPSHOTS) writeFileSync(RECORD, `${JSON.stringify(answers, null, 2)}\n`);
    else expect(answers).toEqual(JSON.parse(readFileSync(RECORD, 'utf8')));
  });
});
