import type { Locator, Page } from 'playwright-core';
import { giveOldNumber, requestChange } from './changes.js';
import { openPath, settled } from './console-page.js';
import { eventsOf, type PressCase, type Ready, type Stage } from './press-twice.js';
import { LINE, newCustomerId, type TestService } from './service.js';

const SCREENS = 'web/console/src/screens';
const IBAN = 'DE89370400440532013000';

function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole('main').getByRole('button', { name });
}

/** A change that waits for another agent, for a callback, and for the app or, of a customer without one, a letter. */
async function heldChange(service: TestService, { phone = true } = {}): Promise<string> {
  const customerId = phone ? (await service.customerWithDevice()).customerId : newCustomerId();
  await giveOldNumber(service, customerId);
  const { body } = await requestChange(service, customerId, { atRisk: { amount: 50_000, currency: 'GBP' } });
  // What comes to nothing is asked for again: the first callback begins by itself.
  await service.sql(`UPDATE callbacks SET status = 'unreachable', closed_at = now() WHERE customer_id = $1`, [
    customerId,
  ]);
  return body.id;
}

function onChange(words: RegExp, event: string): PressCase['ready'] {
  return async ({ page, service }) => {
    await openPath(page, `changes/${await heldChange(service)}`);
    return { control: button(page, words), effects: eventsOf(service, event) };
  };
}

/** How many files the browser was given. */
function filesOf(page: Page): Ready['effects'] {
  let files = 0;
  page.on('download', () => (files += 1));
  return () => Promise.resolve(files);
}

/** A button that hands a file to the browser. */
async function download({ page }: Stage, path: string, words: RegExp | string): Promise<Ready> {
  await openPath(page, path);
  return { control: button(page, words), effects: filesOf(page) };
}

async function claim({ page, service }: Stage): Promise<Ready> {
  // The same screen opened again shows the file before.
  await openPath(page, 'reports');
  await openPath(page, 'claims');
  await page.getByLabel('Customer id').fill((await service.customerWithDevice()).customerId);
  return { control: button(page, 'Make the file'), effects: eventsOf(service, 'claim.made') };
}

/** What agents, supervisors and analysts press. */
export const CASES_OF_PEOPLE: readonly PressCase[] = [
  {
    control: `${SCREENS}/agent/callbacks.ts callbacks.send`,
    person: 'Amara Okafor',
    ready: async ({ page, service }) => {
      const customerId = newCustomerId();
      await giveOldNumber(service, customerId);
      await openPath(page, 'callbacks');
      await page.getByLabel('Customer id').fill(customerId);
      await page.getByLabel('Reason').fill('Your mortgage');
      return { control: button(page, 'Ask for it'), effects: eventsOf(service, 'callback.queued') };
    },
  },
  {
    control: `${SCREENS}/agent/change-request.ts changes.send`,
    person: 'Amara Okafor',
    ready: async ({ page, service }) => {
      await openPath(page, 'changes/new');
      await page.getByLabel('Customer id').fill(newCustomerId());
      const wanted = page.getByRole('group', { name: 'New' });
      await wanted.getByLabel('Account holder').fill('Maya Lindqvist');
      await wanted.getByLabel('IBAN').fill(IBAN);
      return { control: button(page, 'Hold the change'), effects: eventsOf(service, 'change.requested') };
    },
  },
  {
    control: `${SCREENS}/agent/change.ts changes.approve`,
    person: 'Ben Whitaker',
    ready: onChange(/^Approve/, 'change.approved'),
  },
  {
    control: `${SCREENS}/agent/change.ts changes.ask`,
    person: 'Ben Whitaker',
    ready: onChange(/^Ask in the app/, 'verification.started'),
  },
  {
    control: `${SCREENS}/agent/change.ts changes.callback`,
    person: 'Ben Whitaker',
    ready: onChange(/^Ask for a callback/, 'callback.queued'),
  },
  {
    control: `${SCREENS}/agent/change.ts changes.withdraw`,
    person: 'Ben Whitaker',
    ready: onChange(/^Withdraw/, 'change.withdrawn'),
  },
  {
    control: `${SCREENS}/agent/letter.ts letter.make`,
    person: 'Ben Whitaker',
    ready: async ({ page, service }) => {
      await openPath(page, `changes/${await heldChange(service, { phone: false })}/letter`);
      return { control: button(page, /^Make the code/), effects: eventsOf(service, 'letter.issued') };
    },
  },
  {
    control: `${SCREENS}/agent/report.ts report.send`,
    person: 'Amara Okafor',
    ready: async ({ page, service }) => {
      // The same screen opened again shows the report before.
      await openPath(page, 'reference');
      await openPath(page, 'report');
      await page.getByLabel('Customer id').fill(newCustomerId());
      return { control: button(page, 'Take the report'), effects: eventsOf(service, 'report.received') };
    },
  },
  {
    control: `${SCREENS}/agent/message.ts message.send`,
    person: 'Amara Okafor',
    ready: async ({ page, service }) => {
      const customerId = newCustomerId();
      await service.amara.post('/v1/calls', { customerId, direction: 'inbound', purpose: 'A message' });
      await openPath(page, 'message');
      await page.getByLabel('Customer id').fill(customerId);
      await page.getByLabel('The whole message').fill('Pay at https://northbank.example.net/pay');
      return { control: button(page, /^Check it/), effects: eventsOf(service, 'notice.checked') };
    },
  },
  {
    control: `${SCREENS}/agent/desk.ts desk.find`,
    person: 'Chioma Eze',
    ready: async ({ page, service }) => {
      await openPath(page, 'calls');
      await openPath(page, 'desk');
      await page.getByLabel('Look for').selectOption({ label: 'Phone number' });
      await page.getByRole('textbox', { name: 'Phone number' }).fill('+447700900999');
      return { control: button(page, 'Find'), effects: eventsOf(service, 'customer.searched') };
    },
  },
  {
    control: `${SCREENS}/live-call-screen.ts calls.takeOver`,
    person: 'Dana Castellan',
    ready: async ({ page, service }) => {
      const customerId = newCustomerId();
      await service.amara.post('/v1/calls', { customerId, direction: 'inbound', purpose: 'A card' });
      await openPath(page, 'wall');
      const row = page.getByRole('row', { name: new RegExp(`${customerId}\\b`) });
      return {
        control: row.getByRole('button', { name: /^Take over/ }),
        effects: eventsOf(service, 'call.taken_over'),
      };
    },
  },
  { control: `${SCREENS}/analyst/claims.ts claims.make`, person: 'Femi Adeyemi', ready: claim },
  {
    control: `${SCREENS}/analyst/claims.ts claims.download`,
    person: 'Femi Adeyemi',
    ready: async (stage) => {
      const { control } = await claim(stage);
      await control.click();
      await settled(stage.page);
      return { control: button(stage.page, /^Download the file/), effects: filesOf(stage.page) };
    },
  },
  {
    control: `${SCREENS}/analyst/evidence.ts evidence.download`,
    person: 'Femi Adeyemi',
    ready: async (stage) => {
      const { customerId } = await stage.service.customerWithDevice();
      const call = { customerId, direction: 'outbound', line: LINE, purpose: 'Your card', verify: true };
      const { body } = await stage.service.amara.post('/v1/calls', call);
      return download(stage, `evidence/${body.verification.id}`, /^Save the file/);
    },
  },
  {
    control: `${SCREENS}/analyst/reports.ts reports.csv`,
    person: 'Femi Adeyemi',
    ready: (stage) => download(stage, 'reports', /^Save as CSV/),
  },
  {
    control: `${SCREENS}/analyst/reports.ts reports.ndjson`,
    person: 'Femi Adeyemi',
    ready: (stage) => download(stage, 'reports', 'Save as NDJSON'),
  },
];
