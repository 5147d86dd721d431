import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { fromTypeId } from '../../src/ids/ids.js';
import { openPath, settled } from './console-page.js';
import { eventsOf, type PressCase, type Ready, rowsOf, type Stage } from './press-twice.js';
import { LINE, newCustomerId, type TestService } from './service.js';

const SCREENS = 'web/console/src/screens/admin';

let made = 0;

/** A number that is in nothing else of this process. */
function next(): number {
  made += 1;
  return made;
}

function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole('main').getByRole('button', { name });
}

async function webhook({ page, service }: Stage): Promise<string> {
  const { body } = await service.admin.post('/v1/webhooks', { url: `https://hooks.example/${next()}` });
  await openPath(page, `webhooks/${body.id}`);
  return body.id;
}

function onWebhook(words: string | RegExp, effects: (service: TestService) => Ready['effects']): PressCase['ready'] {
  return async (stage) => {
    await webhook(stage);
    return { control: button(stage.page, words), effects: effects(stage.service) };
  };
}

/** A customer who is found on the screen of customers. */
async function found({ page, service }: Stage): Promise<string> {
  const { customerId } = await service.customerWithDevice(newCustomerId());
  await service.sql(`UPDATE customers SET locked_at = now() WHERE id = $1`, [customerId]);
  await openPath(page, 'customers');
  await page.getByLabel('Customer id', { exact: true }).fill(customerId);
  await button(page, 'Find').click();
  await page.getByRole('heading', { name: customerId }).waitFor();
  await settled(page);
  return customerId;
}

const CASES: readonly Omit<PressCase, 'person'>[] = [
  {
    control: `${SCREENS}/call-records.ts callRecords.send`,
    ready: async ({ page, service }) => {
      await openPath(page, 'call-records');
      const record = { recordId: `twice-${next()}`, direction: 'outbound', line: LINE, startedAt: new Date() };
      await page.getByLabel('Or lines of JSON').fill(JSON.stringify(record));
      return { control: button(page, 'Import'), effects: rowsOf(service, 'call_records') };
    },
  },
  {
    control: `${SCREENS}/notice.ts recipients.send`,
    ready: async ({ page, service }) => {
      const { body } = await service.admin.post('/v1/notices', {
        channel: 'sms',
        summary: `Your card ${next()}`,
        sentAt: new Date().toISOString(),
        text: `Your card ${made}`,
      });
      await openPath(page, `notices/${body.id}`);
      await page.getByLabel('Or ids, one on a line').fill(newCustomerId());
      return { control: button(page, 'Send the list'), effects: rowsOf(service, 'notice_recipients') };
    },
  },
  {
    control: `${SCREENS}/notices.ts notices.send`,
    ready: async ({ page, service }) => {
      await openPath(page, 'notices');
      await page.getByLabel('What it is about').fill(`Your card ${next()}`);
      await page.getByLabel('Text').fill(`Your card ${made} is on its way.`);
      return { control: button(page, 'Register'), effects: eventsOf(service, 'notice.registered') };
    },
  },
  {
    control: `${SCREENS}/customers.ts customers.unlock`,
    ready: async (stage) => {
      await found(stage);
      return { control: button(stage.page, /^Unlock/), effects: eventsOf(stage.service, 'customer.unlocked') };
    },
  },
  {
    control: `${SCREENS}/customers.ts shred.yes`,
    ready: async (stage) => {
      const { page, service } = stage;
      const customerId = await found(stage);
      await button(page, 'Destroy…').click();
      await page.getByRole('form', { name: 'Destroy personal data' }).getByRole('textbox').fill(customerId);
      return { control: button(page, 'Destroy for good'), effects: eventsOf(service, 'customer.shredded') };
    },
  },
  {
    control: `${SCREENS}/lines.ts save`,
    ready: async ({ page, service }) => {
      await openPath(page, 'lines');
      await page.getByLabel('Number').fill(`+4420794602${String(next()).padStart(2, '0')}`);
      await page.getByLabel('Name').fill('Mortgages');
      return { control: button(page, 'Save'), effects: eventsOf(service, 'line.changed') };
    },
  },
  {
    control: `${SCREENS}/lines.ts lines.removeYes`,
    ready: async ({ page, service }) => {
      const number = `+4420794603${String(next()).padStart(2, '0')}`;
      await service.admin.put(`/v1/lines/${number}`, { use: 'outbound', label: 'Old' });
      await openPath(page, 'health');
      await openPath(page, 'lines');
      await button(page, `Remove ${number}`).click();
      return { control: button(page, 'Remove it'), effects: eventsOf(service, 'line.removed') };
    },
  },
  {
    control: `${SCREENS}/policy.ts policy.save`,
    ready: async ({ page, service }) => {
      await openPath(page, 'health');
      await openPath(page, 'policy');
      await page.getByLabel('Seconds to answer', { exact: true }).fill(String(60 + next()));
      return { control: button(page, /^Save the policy/), effects: eventsOf(service, 'policy.changed') };
    },
  },
  {
    control: `${SCREENS}/webhooks.ts webhooks.send`,
    ready: async ({ page, service }) => {
      await openPath(page, 'webhooks');
      await page.getByLabel('Address').fill(`https://hooks.example/${next()}`);
      return { control: button(page, 'Add it'), effects: eventsOf(service, 'webhook.created') };
    },
  },
  {
    control: `${SCREENS}/webhook.ts webhooks.test`,
    ready: onWebhook(/^Send a test/, (service) => rowsOf(service, 'webhook_deliveries', `cause = 'test'`)),
  },
  {
    control: `${SCREENS}/webhook.ts webhooks.rotate`,
    ready: onWebhook('New secret', (service) => eventsOf(service, 'webhook.rotated')),
  },
  {
    control: `${SCREENS}/webhook.ts webhooks.disable`,
    ready: onWebhook('Switch off', (service) => eventsOf(service, 'webhook.changed')),
  },
  {
    control: `${SCREENS}/webhook.ts webhooks.enable`,
    ready: async (stage) => {
      const id = await webhook(stage);
      const off = button(stage.page, 'Switch on');
      await expect
        .poll(async () => (await stage.service.admin.patch(`/v1/webhooks/${id}`, { status: 'disabled' })).status)
        .toBe(200);
      // Its list of deliveries may be refused for load (503 `overloaded`): the page is opened again.
      await expect
        .poll(async () => {
          await openPath(stage.page, 'webhooks');
          await openPath(stage.page, `webhooks/${id}`);
          return off.waitFor({ timeout: 5_000 }).then(
            () => true,
            () => false,
          );
        })
        .toBe(true);
      return { control: off, effects: eventsOf(stage.service, 'webhook.changed') };
    },
  },
  {
    control: `${SCREENS}/webhook.ts webhooks.removeYes`,
    ready: async (stage) => {
      await webhook(stage);
      await button(stage.page, 'Remove').click();
      return { control: button(stage.page, 'Remove for good'), effects: eventsOf(stage.service, 'webhook.deleted') };
    },
  },
  {
    control: `${SCREENS}/webhook.ts replay.send`,
    ready: async (stage) => {
      const { page, service } = stage;
      const id = await webhook(stage);
      const since = new Date(Date.now() - 3_600_000);
      const local = new Date(since.getTime() - since.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
      await page.getByRole('form', { name: 'Send again' }).getByLabel('Since').fill(local);
      const control = page.getByRole('form', { name: 'Send again' }).getByRole('button', { name: 'Send again' });
      // How often each event is under way again.
      const effects = async (): Promise<number> => {
        const [{ n }] = await service.sql(
          `SELECT coalesce(max(n), 0)::int AS n FROM (
             SELECT count(*) AS n FROM webhook_deliveries
             WHERE cause = 'replay' AND webhook_id = $1 GROUP BY event_id) AS of_an_event`,
          [fromTypeId('whk', id)],
        );
        return n;
      };
      return { control, effects };
    },
  },
];

/** What administrators press. */
export const CASES_OF_ADMINISTRATORS: readonly PressCase[] = CASES.map((one) => ({ person: 'Gita Rao', ...one }));
