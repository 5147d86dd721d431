import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onceReached } from '../support/once-reached.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const SENDER = 'NORTHBANK';
const LETTER = 'https://northbank.example/letters/7';
const LINK = 'https://northbank.example/cards?from=sms';

async function registered(more: object) {
  const customerId = newCustomerId();
  const sent = {
    channel: 'email',
    sender: SENDER,
    summary: 'We write about your card.',
    sentAt: new Date(Date.now() - 3_600_000).toISOString(),
    ...more,
  };
  const reply = await service.admin.post('/v1/notices', { ...sent, recipients: [customerId] });
  expect(reply.status).toBe(201);
  return { customerId, reference: reply.body.reference as string };
}

const check = async (customerId: string, question: object) => {
  const reply = await onceReached(() => service.app.post(`/v1/customers/${customerId}/notice-checks`, question));
  expect(reply.status).toBe(200);
  return reply.body;
};
const holds = async (customerId: string) => (await service.app.get(`/v1/customers/${customerId}/signals`)).body.hold;

describe('a personal notice, registered by its reference and links and without its text', () => {
  const personal = () => registered({ links: [LETTER] });

  it.each<[string, string]>([
    ['a full stop without a space', 'Dear Ms Okafor.Your new card is on its way.'],
    ['an address', 'We wrote to you at No.1 St.James Street, flat 2.B.'],
    ["the bank's own mail address", 'Questions? Write to help@northbank.example.'],
    ["the bank's home page", 'More at www.northbank.example or https://northbank.example/.'],
    ['an ideographic full stop', '尊敬的Okafor女士。您的新卡已寄出。谢谢。'],
    ['a full stop of half width', 'お客様｡カードを発送しました｡'],
    ['a sentence that begins like a domain', 'It is on its way.It will be with you by Monday.Help is at hand.'],
    ['names of places and shops', 'Collect it at St.Pancras, Bldg.No.4, or from Boots.The chemist.'],
    ["the customer's own mail address", 'We have noted that your address is a.okafor@mail.example.'],
    ['abbreviations, amounts and times', 'e.g. 1.50, 10.30a.m., i.e. v1.2.3, Nr.7, S.A.R.L. and Dr.med.Weber'],
    ['Cyrillic and Arabic sentences', 'Уважаемая г-жа Окафор.Ваша карта в пути۔شکریہ.'],
  ])('cannot be altered by words: %s', async (_what, words) => {
    const { customerId, reference } = await personal();
    for (const question of [
      { reference, text: `${words} See ${LETTER}` },
      { text: `${words} See ${LETTER}` },
      { reference, text: words },
      { reference, sender: SENDER, text: words, links: [LETTER] },
    ]) {
      expect(await check(customerId, question), JSON.stringify(question)).toMatchObject({
        verdict: 'unknown',
        reason: 'words_not_registered',
        differences: [],
      });
    }
    expect(await check(customerId, { sender: SENDER, text: words })).toMatchObject({ verdict: 'unknown' });
    expect(await holds(customerId)).toBe(false);
  });

  it('is still altered by a link that leads elsewhere, and genuine by its link alone', async () => {
    const { customerId, reference } = await personal();
    expect(await check(customerId, { links: [LETTER] })).toMatchObject({ verdict: 'genuine' });
    for (const link of [
      'https://evil.example/letters/7',
      'https://northb\u0430nk.example/letters/7',
      'https://northbank.example@evil.example/',
      'evil.com',
      'www.evil.com',
      'https://northbank.example.evil.com/',
      'https://northbank.example\u3002evil.com/',
    ]) {
      expect(await check(customerId, { reference, text: `Your card.See ${link} now` }), link).toMatchObject({
        verdict: 'altered',
        differences: [{ field: 'link' }],
      });
    }
    expect(await holds(customerId)).toBe(true);
  });

  it('says nothing against another such notice to the same customer', async () => {
    const customerId = newCustomerId();
    const register = (link: string) =>
      service.admin.post('/v1/notices', {
        channel: 'email',
        sender: SENDER,
        summary: 'A letter.',
        links: [link],
        sentAt: new Date(Date.now() - 3_600_000).toISOString(),
        recipients: [customerId],
      });
    for (const letter of ['7', '8']) await register(`https://northbank.example/letters?id=${letter}`);
    expect(
      await check(customerId, { text: 'Dear Ms Okafor, see https://northbank.example/letters?id=7' }),
    ).toMatchObject({ verdict: 'unknown', reason: 'words_not_registered' });
    expect(await holds(customerId)).toBe(false);
  });
});

describe("the addresses that are the bank's own", () => {
  it('are set once by policy, within bounds, and are no difference in any message', async () => {
    const south = await service.clients('southbank');
    const { body, headers } = await south.admin.get('/v1/policy');
    expect(body.ownAddresses).toEqual({ hosts: [], mail: [], links: [] });
    const put = (ownAddresses: object) =>
      south.admin.put('/v1/policy', { ownAddresses }, { headers: { 'if-match': headers.get('etag')! } });
    for (const [wrong, pointer] of [
      [{ hosts: ['com'] }, '#/ownAddresses/hosts/0'],
      [{ hosts: ['a.example', 'co.uk'] }, '#/ownAddresses/hosts/1'],
      [{ hosts: ['github.io'] }, '#/ownAddresses/hosts/0'],
      [{ hosts: ['docs.google.com'] }, '#/ownAddresses/hosts/0'],
      [{ hosts: ['https://northbank.example/'] }, '#/ownAddresses/hosts/0'],
      [{ hosts: ['192.0.2.1'] }, '#/ownAddresses/hosts/0'],
      [{ hosts: ['no host'] }, '#/ownAddresses/hosts/0'],
      [{ mail: ['northbank.example'] }, '#/ownAddresses/mail/0'],
      [{ mail: ['a@b@northbank.example'] }, '#/ownAddresses/mail/0'],
      [{ links: ['javascript:alert(1)'] }, '#/ownAddresses/links/0'],
      [{ links: ['https://nosuch'] }, '#/ownAddresses/links/0'],
      [{ hosts: Array.from({ length: 101 }, (_none, index) => `a${index}.example`) }, '#/ownAddresses/hosts'],
      [{ hosts: 'a.example' }, '#/ownAddresses/hosts'],
      [{ hosts: [['a.example']] }, '#/ownAddresses/hosts'],
      [{ colour: ['red'] }, '#/ownAddresses/colour'],
    ] as const) {
      const reply = await put(wrong);
      expect(reply.status, JSON.stringify(wrong)).toBe(400);
      expect(reply.body.errors[0].pointer).toContain(pointer);
    }
    const own = {
      hosts: ['southbank.example'],
      mail: ['southbank@post.example'],
      links: ['https://apps.apple.com/app/southbank/id1'],
    };
    const set = await put(own);
    expect(set.body.ownAddresses).toEqual(own);

    const customerId = newCustomerId();
    const sent = {
      channel: 'email',
      sender: 'SOUTHBANK',
      summary: 'We write about your card.',
      text: `Southbank: your card ${randomUUID()} is on its way, and nothing is needed from you.`,
      sentAt: new Date(Date.now() - 3_600_000).toISOString(),
    };
    await south.admin.post('/v1/notices', { ...sent, recipients: [customerId] });
    const answer = async (question: object) =>
      (await south.app.post(`/v1/customers/${customerId}/notice-checks`, question)).body;
    expect(
      await answer({
        text: sent.text,
        links: [
          'https://southbank.example/',
          'mailto:southbank@post.example',
          'https://www.southbank.example',
          'https://apps.apple.com/app/southbank/id1',
        ],
      }),
    ).toMatchObject({ verdict: 'genuine' });
    expect(await answer({ text: sent.text, links: ['https://apps.apple.com/app/other/id2'] })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'link' }],
    });
    expect(
      await answer({
        text: 'Whatever it is, have a look at https://southbank.example/help or write to southbank@post.example',
      }),
    ).toMatchObject({ verdict: 'unknown' });
    expect((await south.app.get(`/v1/customers/${customerId}/signals`)).body.reasons).toHaveLength(1);
  });
});

describe('a message that came by a way that changes letters', () => {
  const WORDS = () =>
    `Northbank: your new card “${randomUUID()}” is on its way, Zoë – we’re renewing it for £5.00 (not €6). See ${LINK} & ring 0800 496 0999.`;
  const wrapped = `https://eur01.safelinks.protection.outlook.com/?url=${encodeURIComponent(LINK)}&data=05%7C01%7Ca%40b.example&sdata=abc%3D&reserved=0`;

  it.each<[string, (text: string) => string]>([
    ['U+FEFF within the text', (text) => text.replace('new card', 'n\ufeffew\ufeff card')],
    ['other invisible marks', (text) => text.replace('new card', 'n\u200bew c\u2063ar\u180ed')],
    ['quotes and dashes of GSM-7', (text) => text.replace(/[“”]/g, '"').replace('’', "'").replace('–', '-')],
    ['letters of GSM-7', (text) => text.replace('ë', 'e').replace(/[“”]/g, '"').replace('’', "'").replace('–', '-')],
    ['question marks for what GSM-7 has not', (text) => text.replace(/[“”’–ë]/g, '?')],
    ['nothing for what GSM-7 has not', (text) => text.replace(/[“”’–ë]/g, '')],
    ['replacement characters', (text) => text.replace(/[“”’–ë]/g, '\ufffd')],
    ['the euro by its name', (text) => text.replace('€', 'EUR').replace('£', 'GBP')],
    [
      'HTML entities',
      (text) =>
        text
          .replace('&', '&amp;')
          .replace('’', '&#8217;')
          .replace('“', '&ldquo;')
          .replace('”', '&#x201D;')
          .replace('£', '&pound;')
          .replace(' is', '&nbsp;is'),
    ],
    [
      'quoted-printable',
      (text) =>
        text
          .replaceAll('=', '=3D')
          .replace('£', '=C2=A3')
          .replace('’', '=E2=80=99')
          .replace('“', '=E2=80=9C')
          .replace('”', '=E2=80=9D')
          .replace('–', '=E2=80=93')
          .replace('ë', '=C3=AB')
          .replace('€', '=E2=82=AC')
          .replace('nothing', 'noth=\r\ning')
          .replace('496 0999', '496 =\r\n0999'),
    ],
    [
      'UTF-8 that was read as Windows-1252',
      (text) => text.replace('€', 'â‚¬').replace('£', 'Â£').replace('’', 'â€™').replace('ë', 'Ã«'),
    ],
    ['a link that Outlook wrapped', (text) => text.replace(LINK, wrapped)],
    ['a link that Outlook wrapped and wrote beside it', (text) => text.replace(LINK, `${LINK}<${wrapped}>`)],
    [
      'a link that Proofpoint wrapped',
      (text) => text.replace(LINK, 'https://urldefense.com/v3/__https://northbank.example/cards?from=sms__;!!AbC!xyz$'),
    ],
    [
      'a link that Google wrapped',
      (text) => text.replace(LINK, `https://www.google.com/url?q=${encodeURIComponent(LINK)}&sa=D&source=editors`),
    ],
    ['marks of its parts', (text) => `(1/2)${text.slice(0, 18)}(2/2)${text.slice(18)}`],
    ['the mark of a reply', (text) => `Fwd: ${text.replaceAll('. ', '.\n> ')}`],
    ['what phones add', (text) => `${text}\n\nSent from my iPhone`],
    ['a preview', (text) => `${text}\nTap to Load Preview`],
    ['lines and spaces', (text) => text.replaceAll(' ', ' \r\n  ')],
    [
      'marks that phones put around numbers',
      (text) => text.replace('0800 496 0999', '\u202d0800 496 0999\u202c').replace('£5.00', '\u2068£5.00\u2069'),
    ],
    ['spaces that do not break', (text) => text.replaceAll(' ', '\u00a0')],
    ['letters and their marks apart', (text) => text.normalize('NFD')],
  ])('is the same message: %s', async (_what, damage) => {
    const text = WORDS();
    const { customerId } = await registered({ text });
    expect(await check(customerId, { sender: SENDER, text: damage(text) }), damage(text)).toMatchObject({
      verdict: 'genuine',
      differences: [],
    });
    expect(await holds(customerId)).toBe(false);
  });

  it.each<[string, (text: string) => string]>([
    ['one part of it', (text) => `(1/2) ${text.slice(0, 90)}`],
    ['the other part', (text) => `[2/2] ${text.slice(70)}`],
    ['a part that ends within the link', (text) => text.slice(0, text.indexOf('/cards') + 3)],
    ['a part that begins within the link', (text) => text.slice(text.indexOf('northbank.example') + 5)],
    ['a part with an ellipsis', (text) => `${text.slice(0, 80)}…`],
    ['a link that was cut by a line', (text) => text.replace('cards?', 'ca\nrds?')],
    [
      'headers of a forwarded mail',
      (text) =>
        `---------- Forwarded message ---------\nFrom: Northbank <post@northbank.example>\nDate: Tue, 1 Dec 2026\nSubject: Your card\nTo: <a.okafor@mail.example>\n\n${text}`,
    ],
    [
      'a link that Mimecast wrapped',
      (text) => text.replace(LINK, 'https://protect-eu.mimecast.com/s/AbCdEfGh?domain=northbank.example'),
    ],
    ['most of its letters lost', (text) => text.replace(/[a-z]{3}/g, '\ufffd\ufffd\ufffd')],
  ])('cannot be judged, and holds nothing: %s', async (_what, damage) => {
    const text = WORDS();
    const { customerId } = await registered({ text });
    expect(await check(customerId, { text: damage(text) }), damage(text)).toMatchObject({
      verdict: 'unknown',
      differences: [],
    });
    expect(await holds(customerId)).toBe(false);
  });

  it.each<[string, (text: string) => string]>([
    ['a number that is turned round', (text) => text.replace('0800', '\u202e0080\u202c')],
    ['a mark from right to left', (text) => text.replace('496', '\u200f496')],
    ['another number', (text) => text.replace('0999', '0998')],
    ['a number of other digits', (text) => text.replace('0999', '09\u09ea9')],
    ['another amount', (text) => text.replace('£5.00', '£500')],
    ['another amount where the rest was damaged', (text) => text.replace(/[“”’–ë]/g, '?').replace('£5.00', '£9.00')],
    ['another currency', (text) => text.replace('£5.00', '$5.00')],
    [
      'another host in quoted-printable',
      (text) => text.replaceAll('=', '=3D').replace('northbank.example', 'northbank.ex=\r\nample.evil.com'),
    ],
    [
      'another host in an entity',
      (text) => text.replace('&', '&amp;').replace('northbank.example/', 'northbank.example&#46;evil.com/'),
    ],
    ['a wrapper to another host', (text) => text.replace(LINK, wrapped.replace('northbank', 'northbenk'))],
    [
      "a wrapper of somebody else's",
      (text) =>
        text.replace(
          LINK,
          wrapped.replace('safelinks.protection.outlook.com', 'safelinks.protection.outlook.evil.com'),
        ),
    ],
    ['a wrapper with two targets', (text) => text.replace(LINK, `${wrapped}&url=https%3A%2F%2Fevil.com`)],
    ['a link beside it that leads elsewhere', (text) => text.replace(LINK, `${LINK}<https://evil.com/>`)],
    ['words that hide among headers', (text) => `${text}\nSubject: ring 0900 123 456`],
    ['something added where phones sign', (text) => `${text}\n\nSent from 0900 123 456`],
  ])('is never genuine with %s', async (_what, change) => {
    const text = WORDS();
    const { customerId } = await registered({ text });
    const answer = await check(customerId, { text: change(text) });
    expect(['altered', 'unknown']).toContain(answer.verdict);
    if (answer.verdict === 'altered') expect(answer.differences).not.toEqual([]);
  });
});
