import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { skeleton } from '../../src/readers/text.js';
import { AFTER, giveOldNumber, requestChange, ringAtAnyHour } from '../support/changes.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { newSigningKey, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

/** Texts that do not look like what they are, and the word of the reason that names how. */
const ODD: [string, string, string][] = [
  ['a Cyrillic letter', 'N\u043erthbank', 'alphabets'],
  ['a Greek letter', 'N\u03bfrthbank', 'alphabets'],
  ['a Cyrillic word among Latin ones', 'Fraud \u0410\u0441\u0435', 'alphabets'],
  ['a zero-width space', 'North\u200bbank', 'nobody sees'],
  ['a soft hyphen', 'North\u00adbank', 'nobody sees'],
  ['a Hangul filler', 'Northbank \u3164', 'nobody sees'],
  ['nothing but a Hangul filler', '\u3164', 'nobody sees'],
  ['tags', 'Northbank\u{e0045}\u{e0056}', 'nobody sees'],
  ['a variation selector', 'Northbank\ufe0f', 'nobody sees'],
  ['a grapheme joiner', 'North\u034fbank', 'nobody sees'],
  ['a joiner between Latin letters', 'North\u200dbank', 'nobody sees'],
  ['a direction override', 'North\u202ebank', 'direction'],
  ['a mark of direction', '\u200fNorthbank', 'direction'],
  ['a Braille letter without dots', '\u2800', 'space'],
  ['mathematical letters', '\u{1d40d}orthbank', 'style'],
  ['small capitals', 'ɴᴏʀᴛʜ', 'style'],
  ['piled marks', 'No\u0300\u0301\u0302\u0303\u0304\u0305rth', 'marks'],
  ['a line through a letter', 'Nor\u0338th', 'marks'],
  ['a private character', 'North\ue000', 'no character'],
  ['a Bengali digit', 'North\u09ea', 'number system'],
];
const HONEST = [
  'O’Brien',
  'Núñez',
  'Zoë',
  'Łukasz',
  'Þór',
  'Σωκράτης',
  'Иванов',
  'Сара',
  '田中太郎',
  '田中\u3000太郎',
  'محمد',
  'नरेंद्र',
  'ශ්\u200dරී',
  'می\u200cخواهم',
  'van der Berg-Smith',
  'PIN-код',
  '👩🏽‍💻',
  '🏴󠁧󠁢󠁳󠁣󠁴󠁿 Isla',
  'John Smith',
];

describe('a text that a customer signs or relies on', () => {
  const routes: Record<string, (text: string) => Promise<{ status: number; body: any }>> = {
    '#/purpose': (purpose) =>
      service.amara.post('/v1/calls', { customerId: newCustomerId(), direction: 'outbound', line: LINE, purpose }),
    '#/agent/department': (department) =>
      service.amara.post('/v1/calls', {
        customerId: newCustomerId(),
        direction: 'outbound',
        line: LINE,
        purpose: 'x',
        agent: { department },
      }),
    '#/agent/name': (name) =>
      service.telephony.post('/v1/calls', {
        customerId: newCustomerId(),
        direction: 'outbound',
        line: LINE,
        purpose: 'x',
        agent: { id: 'x', name },
      }),
    '#/after/holder': (holder) => requestChange(service, newCustomerId(), { after: { ...AFTER, holder } }),
    '#/after': (line) =>
      requestChange(service, newCustomerId(), {
        subject: 'postal_address',
        before: undefined,
        after: { lines: ['1 High Street', line], country: 'GB' },
      }),
    '#/before/holder': (holder) =>
      requestChange(service, newCustomerId(), { before: { ...AFTER, holder: `${holder} 1` } }),
    '#/reason': async (reason) => {
      const customerId = newCustomerId();
      await giveOldNumber(service, customerId);
      return service.app.post(`/v1/customers/${customerId}/callbacks`, { reason });
    },
    '#/summary': (summary) =>
      service.admin.post('/v1/notices', { channel: 'sms', summary, sentAt: '2026-12-01T09:00:00Z' }),
    '#/neverAsk': async (text) => {
      const { headers } = await service.admin.get('/v1/policy');
      return service.admin.put(
        '/v1/policy',
        { neverAsk: ['your PIN', text] },
        { headers: { 'if-match': headers.get('etag')! } },
      );
    },
  };

  it.each(ODD)('with %s is refused wherever it is given, with the reason', async (_what, text, reason) => {
    for (const [pointer, ask] of Object.entries(routes)) {
      const reply = await ask(text);
      expect(reply.status, pointer).toBe(400);
      expect(
        reply.body.errors.map((error: { pointer: string }) => error.pointer),
        pointer,
      ).toContain(pointer);
      expect(JSON.stringify(reply.body.errors), pointer).toContain(reason);
      expect(JSON.stringify(reply.body), pointer).not.toContain(text);
    }
  });

  it.each(HONEST)('%s is taken wherever it is given', async (text) => {
    for (const [pointer, ask] of Object.entries(routes))
      expect((await ask(text)).status, `${pointer} ${text}`).toBeLessThan(300);
  });

  it('may be 140 characters of emoji', async () => {
    expect((await routes['#/purpose']!('👩🏽‍💻'.repeat(20))).status).toBe(201);
    expect((await routes['#/purpose']!('😀'.repeat(70))).status).toBe(201);
  });
});

describe('an e-mail address that a customer signs', () => {
  const change = (after: string, before?: string) =>
    requestChange(service, newCustomerId(), { subject: 'email', before, after });

  it.each([
    ['a Cyrillic letter in the local part', '\u0430nn@gmail.com'],
    ['a Cyrillic letter in the host', 'ann@gm\u0430il.com'],
    ['the same in punycode', 'ann@xn--gmil-63d.com'],
    ['a local part that only looks Latin', '\u0430\u0441\u0435@gmail.com'],
    ['a zero-width space in the local part', 'an\u200bn@gmail.com'],
    ['a zero-width space in the host', 'ann@gm\u200bail.com'],
    ['a direction override', 'ann\u202e@gmail.com'],
    ['a full-width host', 'ann@\uff47mail.com'],
    ['an ideographic full stop', 'ann@gmail\u3002com'],
    ['a soft hyphen', 'ann@gma\u00adil.com'],
    ['a styled letter', '\u{1d41a}nn@gmail.com'],
    ['two ats', 'ann@gmail.com@evil.example'],
    ['a name', 'ann@gmail.com <x@evil.example>'],
    ['a quoted local part', '"ann@gmail.com"@evil.example'],
    ['an IP address', 'ann@[192.0.2.1]'],
    ['a comment', 'ann@gmail.com(x@evil.example)'],
    ['a dot at the end', 'ann@gmail.com.'],
    ['a filler', 'ann\u3164@gmail.com'],
    ['a Greek letter', 'ann@\u03b3mail.com'],
  ])('with %s is refused, or shown as what it is', async (_what, after) => {
    const reply = await change(after);
    if (reply.status === 201) {
      expect(JSON.stringify(reply.body.after)).toMatch(/xn--/);
      expect(JSON.stringify(reply.body.after)).not.toMatch(/[^\x20-\x7e•]/);
    } else expect(reply).toMatchObject({ status: 400, body: { errors: [{ pointer: '#/after' }] } });
  });

  it.each([
    ['ann@bücher.example', 'a•••@xn--bcher-kva.example'],
    ['a@x.中国', '•••@x.xn--fiqs8s'],
    ['a@x.xn--fiqs8s', '•••@x.xn--fiqs8s'],
    ['иван@почта.example', 'и•••@xn--80a1acny.example'],
    ["o'neil+bank@b.example", 'o•••@b.example'],
  ])('%s is shown as %s', async (after, shown) => {
    expect(await change(after)).toMatchObject({ status: 201, body: { after: { email: shown } } });
  });
});

describe('before and after', () => {
  const account = (iban: string, holder = 'Oak Joinery Ltd') => ({ holder, iban });
  it.each<[string, string, unknown, unknown]>([
    ['addresses with the same first letter', 'email', 'ben@gmail.com', 'bad.actor@gmail.com'],
    ['addresses with one letter changed', 'email', 'benjamin.okafor@gmail.com', 'benjamin.okofor@gmail.com'],
    ['rn for m', 'email', 'tamara@gmail.com', 'tarnara@gmail.com'],
    ['l for I', 'email', 'ilse@gmail.com', 'iIse@gmail.com'],
    ['a dotless i', 'email', 'beni@gmail.com', 'ben\u0131@gmail.com'],
    ['numbers with the same end', 'phone_number', '+447700900123', '+447700901123'],
    ['numbers of different countries', 'phone_number', '+447700900123', '+4930901820123'],
    [
      'accounts with the same end',
      'payee_account',
      account('DE89370400440532013000'),
      account('DE70500105170000013000'),
    ],
    [
      'addresses in the same place',
      'postal_address',
      { lines: ['1 High Street', 'Leeds'], postcode: 'LS1 1AA', country: 'GB' },
      { lines: ['2 High Street', 'Leeds'], postcode: 'LS1 1AA', country: 'GB' },
    ],
    [
      'addresses without a postcode',
      'postal_address',
      { lines: ['Hauptstr. 1', 'Berlin'], country: 'DE' },
      { lines: ['Hauptstr. l', 'Berlin'], country: 'DE' },
    ],
    [
      'lines parted elsewhere',
      'postal_address',
      { lines: ['1 High Street, Leeds'], country: 'GB' },
      { lines: ['1 High Street', 'Leeds'], country: 'GB' },
    ],
    [
      'holders that look alike',
      'payee_account',
      account('GB33BUKB20201555555555', 'Сара'),
      account('GB33BUKB20201555555555', 'Capa'),
    ],
    [
      'holders with numbers',
      'payee_account',
      account('GB33BUKB20201555555555', 'Club 12345678'),
      account('GB33BUKB20201555555555', 'Club 99995678'),
    ],
    [
      'an IBAN for a sort code',
      'payee_account',
      { holder: 'Oak', sortCode: '20-20-15', accountNumber: '55555555' },
      account('DE52500105170000015555', 'Oak'),
    ],
  ])('of %s never look alike', async (_what, subject, before, after) => {
    const device = await service.customerWithDevice();
    const reply = await requestChange(service, device.customerId, { subject, before, after });
    if (reply.status !== 201) throw new Error(JSON.stringify(reply.body));
    const shown = (
      await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`)
    ).body.data.find(({ kind }: any) => kind === 'change').display;
    expect(shown).toMatchObject({ before: reply.body.before, after: reply.body.after });
    const looks = (details: object): string => skeleton(Object.values(details).join('\n'));
    expect(looks(shown.after), JSON.stringify([shown.before, shown.after])).not.toBe(looks(shown.before));
  });
});

describe('the name in a token', () => {
  let issuer: TokenIssuer;
  let key: SigningKey;
  let other: TestService;
  beforeAll(async () => {
    key = await newSigningKey('k1');
    issuer = await new TokenIssuer().start();
    issuer.keys = [key.jwk];
    other = await startTestService({
      TENANTS: JSON.stringify([
        { id: 'northbank', issuer: issuer.url, lines: [{ number: LINE, use: 'outbound', label: 'Fraud' }] },
      ]),
    });
  });
  afterAll(async () => {
    await other.stop();
    issuer.stop();
  });
  const declareAs = async (name: string, sub = 'amara') => {
    const token = await signAccessToken(key, issuer.claims({ scope: 'agent', sub, client_id: 'desktop', name }));
    const reply = await fetchAdmitted(`${other.url}/v1/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: newCustomerId(), direction: 'outbound', purpose: 'x' }),
    });
    return { status: reply.status, body: (await reply.json()) as any };
  };

  it.each(ODD)('with %s is refused', async (_what, name, reason) => {
    const reply = await declareAs(name);
    expect(reply).toMatchObject({ status: 401, body: { detail: expect.stringContaining('`name`') } });
    expect(reply.body.detail).toContain(reason);
    expect(JSON.stringify(reply.body)).not.toContain(name);
  });

  it.each([' ', '\u200b', '\u202eamara', 'am\u00adara', '\u3164'])(
    'is not the only one: %j is no subject',
    async (sub) => {
      expect(await declareAs('Amara', sub)).toMatchObject({
        status: 401,
        body: { detail: expect.stringContaining('`sub`') },
      });
    },
  );

  it.each(HONEST)('%s is taken', async (name) => {
    expect(await declareAs(name)).toMatchObject({ status: 201, body: { agent: { name } } });
  });
});
