import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reply } from './service-client.js';
import { askVerdict, newCustomerId, type Stage } from './stage.js';
import { Story } from './story.js';

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
    () => askVerdict(stage, customerId, { trigger: 'customer', incomingNumber: number }),
    { status: 200, body: { verdict: 'not_legitimate', reason: 'not_our_line', campaign: { customers: WAVE } } },
    ({ body }) => `${body.verdict}: "${body.campaign.headline}"`,
  );
  await story.step(
    'She has read a code out to them already. From the verdict it takes her one step to report it.',
    () =>
      stage.app.post(`/v1/customers/${customerId}/reports`, {
        channel: 'call',
        claimedNumber: number,
        about: 'verdict',
        shared: ['one_time_code'],
      }),
    { status: 201, body: { advice: { code: 'code_shared' }, campaign: { customers: WAVE + 1 } } },
    ({ body }) => `"${body.advice.headline}", under the reference ${body.reference}`,
  );
  await story.step(
    'A payment of hers is on its way. The payment screen asks whether to hold it.',
    () => stage.app.get(`/v1/customers/${customerId}/signals`),
    { status: 200, body: { hold: true, reasons: { 0: { type: 'report' } } } },
    ({ body }) => `hold, because of: ${body.reasons.map(({ type }: { type: string }) => type).join(', ')}`,
  );
  await story.step(
    'The analyst exports the campaign for the police and for number-blocking lists. Nothing in it is about a customer.',
    () => writeExport(stage, id),
    { rows: WAVE + 1, holdsCustomers: false },
    ({ file, rows }) => `${rows} rows in ${file}`,
  );
}

async function numberNobodyReports({ analyst }: Stage): Promise<string> {
  const { body } = await analyst.get<{ data: { numbers: string[] }[] }>('/v1/campaigns?state=open&limit=200');
  const taken = new Set(body.data.flatMap(({ numbers }) => numbers));
  for (;;) {
    const number = `+441632960${String(randomInt(1000)).padStart(3, '0')}`;
    if (!taken.has(number)) return number;
  }
}

/** Loads new customers as the bank does. */
async function putOnFile({ admin }: Stage, count: number): Promise<[string, ...string[]]> {
  const customers = Array.from({ length: count }, newCustomerId);
  for (const [index, customerId] of customers.entries()) {
    const { status } = await admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: `+4477009001${String(index).padStart(2, '0')}` }],
    });
    if (status !== 201) throw new Error(`putting a customer on file answered ${status}`);
  }
  return customers as [string, ...string[]];
}

function report({ app }: Stage, customerId: string, body: object): Promise<Reply> {
  return app.post(`/v1/customers/${customerId}/reports`, { channel: 'call', ...body });
}

async function backgroundReports(stage: Stage): Promise<{ made: number; mentioned: number }> {
  let mentioned = 0;
  for (let made = 0; made < BACKGROUND; made += 1) {
    const { status, body } = await report(stage, newCustomerId(), {
      claimedNumber: `+44${AREAS[randomInt(AREAS.length)]}4960${String(randomInt(1000)).padStart(3, '0')}`,
    });
    if (status !== 201) throw new Error(`a report answered ${status}`);
    if (body.campaign) mentioned += 1;
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
    const { body } = await report(stage, customerId, { claimedNumber: number });
    if (!body.campaign) continue;
    if (openedAt === 0) openedAt = index + 1;
    campaign = body.campaign;
  }
  return { openedAt, campaign };
}

async function findCampaign({ analyst }: Stage, number: string) {
  const { body } = await analyst.get<{ data: { id: string; numbers: string[] }[] }>(
    '/v1/campaigns?state=open&limit=200',
  );
  const found = body.data.find(({ numbers }) => numbers.includes(number));
  if (!found) throw new Error('no campaign has this number');
  const { body: campaign } = await analyst.get(`/v1/campaigns/${found.id}`);
  return {
    ...campaign,
    minutes: campaign.minutes.map((minute: { reports: number }) => ({ ...minute, reports: String(minute.reports) })),
  };
}

async function writeExport(
  { analyst }: Stage,
  campaignId: string,
): Promise<{ file: string; rows: number; holdsCustomers: boolean }> {
  const { body } = await analyst.get<string>(`/v1/reports/export?format=csv&campaign=${campaignId}`);
  const file = join(tmpdir(), `countersign-${campaignId}.csv`);
  await writeFile(file, body);
  return { file, rows: body.trimEnd().split('\r\n').length - 1, holdsCustomers: body.includes('demo-') };
}
