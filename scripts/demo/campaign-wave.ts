import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OptionsOf, ReplyOf } from '@countersign/client';
import { newCustomerId, readSignals, type Stage } from './stage.js';
import { Story } from './story.js';

type Reports = '/v1/customers/{customerId}/reports';

const BACKGROUND = 15;
const WAVE = 20;
/** Area codes under which Ofcom keeps 496 0000 to 496 0999 for fiction. */
const AREAS = ['113', '114', '115', '116', '117', '118', '121', '131', '141', '151', '161'];

/** A wave of fraud calls, from its first minute to the list for the police. */
export async function campaignWave(stage: Stage): Promise<void> {
  const story = new Story(
    "Fraudsters begin to ring the bank's customers, twenty a minute, from one number.",
    stage.say,
  );
  const number = await numberNobodyReports(stage);
  const [customerId, ...others] = await story.step(
    'The bank has put its customers on file. Whom only the app knows counts towards no campaign at first, because whoever holds its token can make customers up.',
    () => putOnFile(stage, WAVE + 1),
    { length: WAVE + 1 },
    ({ length }) => `${length} customers, each with a number`,
  );
  await story.step(
    'On an ordinary day five customers a minute report something, each something else. Three such minutes, without the waiting.',
    () => backgroundReports(stage),
    { mentioned: 0 },
    ({ made }) => `${made} reports, and no campaign`,
  );
  const { campaign } = await story.step(
    `Now the wave, its first minute played at once: ${WAVE} customers report calls from ${number}.`,
    () => waveReports(stage, number, others),
    { campaign: { customers: WAVE, headline: /20/ } },
    ({ openedAt, campaign: seen }) =>
      `seen as a campaign at report ${openedAt}; the last customer reads: "${seen.headline}"`,
  );
  const { id } = await story.step(
    'An analyst sees it, with its counts by minute.',
    () => findCampaign(stage, number),
    { state: 'open', numbers: [number], customers: campaign.customers, minutes: { 0: { reports: /^\d+$/ } } },
    ({ reports, customers, firstSeenAt }) =>
      `open since ${firstSeenAt.slice(11, 19)}, ${reports} reports by ${customers} customers`,
  );
  await story.step(
    'The fraudsters ring Maya. Her phone asks; the verdict is what it would be without the wave, and mentions it.',
    () =>
      stage.app.post('/v1/customers/{customerId}/call-verdicts', {
        path: { customerId },
        body: { trigger: 'customer', incomingNumber: number },
      }),
    { verdict: 'not_legitimate', reason: 'not_our_line', campaign: { customers: WAVE } },
    ({ verdict, campaign: mentioned }) => `${verdict}: "${mentioned!.headline}"`,
  );
  await story.step(
    'She has read a code out to them already. From the verdict it takes her one step to report it.',
    () => report(stage, customerId, { claimedNumber: number, about: 'verdict', shared: ['one_time_code'] }),
    { advice: { code: 'code_shared' }, campaign: { customers: WAVE + 1 } },
    ({ advice, reference }) => `"${advice.headline}", under the reference ${reference}`,
  );
  await story.step(
    'A payment of hers is on its way. The payment screen asks whether to hold it.',
    () => readSignals(stage, customerId),
    { hold: true, reasons: { 0: { type: 'report' } } },
    ({ reasons }) => `hold, because of: ${reasons.map(({ type }) => type).join(', ')}`,
  );
  await story.step(
    'The analyst exports the campaign for the police and for number-blocking lists. Nothing in it is about a customer.',
    () => writeExport(stage, id),
    { rows: WAVE + 1, holdsCustomers: false },
    ({ file, rows }) => `${rows} rows in ${file}`,
  );
}

async function numberNobodyReports(stage: Stage): Promise<string> {
  const taken = new Set((await openCampaigns(stage)).flatMap(({ numbers }) => numbers));
  for (;;) {
    const number = `+441632960${String(randomInt(1000)).padStart(3, '0')}`;
    if (!taken.has(number)) return number;
  }
}

async function openCampaigns({ analyst }: Stage) {
  return (await analyst.get('/v1/campaigns', { query: { state: 'open', limit: 200 } })).data;
}

/** Loads new customers as the bank does. */
async function putOnFile({ admin }: Stage, count: number): Promise<[string, ...string[]]> {
  const customers = Array.from({ length: count }, newCustomerId);
  for (const [index, customerId] of customers.entries()) {
    const phoneNumbers = [{ number: `+4477009001${String(index).padStart(2, '0')}` }];
    await admin.put('/v1/customers/{customerId}', { path: { customerId }, body: { phoneNumbers } });
  }
  return customers as [string, ...string[]];
}

function report(
  { app }: Stage,
  customerId: string,
  about: Omit<OptionsOf<'post', Reports>['body'], 'channel'>,
): Promise<ReplyOf<'post', Reports>> {
  const body = { channel: 'call' as const, ...about };
  return app.post('/v1/customers/{customerId}/reports', { path: { customerId }, body });
}

async function backgroundReports(stage: Stage): Promise<{ made: number; mentioned: number }> {
  let mentioned = 0;
  for (let made = 0; made < BACKGROUND; made += 1) {
    const claimedNumber = `+44${AREAS[randomInt(AREAS.length)]}4960${String(randomInt(1000)).padStart(3, '0')}`;
    if ((await report(stage, newCustomerId(), { claimedNumber })).campaign) mentioned += 1;
  }
  return { made: BACKGROUND, mentioned };
}

async function waveReports(
  stage: Stage,
  number: string,
  customers: readonly string[],
): Promise<{ openedAt: number; campaign: { customers: number; headline: string } }> {
  let openedAt = 0;
  let campaign = { customers: 0, headline: 'none' };
  for (const [index, customerId] of customers.entries()) {
    const { campaign: mentioned } = await report(stage, customerId, { claimedNumber: number });
    if (!mentioned) continue;
    if (openedAt === 0) openedAt = index + 1;
    campaign = mentioned;
  }
  return { openedAt, campaign };
}

async function findCampaign(stage: Stage, number: string) {
  const found = (await openCampaigns(stage)).find(({ numbers }) => numbers.includes(number));
  if (!found) throw new Error('no campaign has this number');
  const path = { campaignId: found.id };
  const campaign = await stage.analyst.get('/v1/campaigns/{campaignId}', { path });
  return {
    ...campaign,
    minutes: campaign.minutes.map((minute) => ({ ...minute, reports: String(minute.reports) })),
  };
}

async function writeExport(
  { analyst }: Stage,
  campaign: string,
): Promise<{ file: string; rows: number; holdsCustomers: boolean }> {
  const exported = await analyst.download('/v1/reports/export', { query: { format: 'csv', campaign } });
  const text = await exported.text();
  const file = join(tmpdir(), `countersign-${campaign}.csv`);
  await writeFile(file, text);
  return { file, rows: text.trimEnd().split('\r\n').length - 1, holdsCustomers: text.includes('demo-') };
}
