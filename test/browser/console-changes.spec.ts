import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, openScreen, signInToConsole } from '../support/console-page.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

const WIDE = {
  locale: 'en-GB',
  viewport: { width: 1280, height: 900 },
  expected: [...EXPECTED_ERRORS, /status of 4(00|22)/],
};

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

describe('a change of details', () => {
  test('is entered by one agent, proved by a letter, and approved by another', { timeout: 150_000 }, async () => {
    const customerId = newCustomerId();
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor', { path: '/changes' });
    await page.getByText('No change here.').waitFor();
    await page.keyboard.press('Alt+n');
    await page.getByRole('heading', { name: 'Enter a change', level: 1 }).waitFor();
    const form = page.getByRole('form', { name: 'Enter a change' });
    await form.getByLabel('Customer id').fill(customerId);
    const wanted = form.getByRole('group', { name: 'New' });
    await wanted.getByLabel('Account holder').fill('Maya Lindqvist');
    await wanted.getByLabel('IBAN').fill('GB82 WEST 1234 5698 7654 23');
    await wanted.getByText('This cannot be right.').waitFor();
    await expectAccessible(page, 'change with swapped digits');
    await picture(page, 'console-change-new');
    await wanted.getByLabel('IBAN').fill('DE89 3704 0044 0532 0130 01');
    await form.getByRole('button', { name: 'Hold the change' }).click();
    await page
      .getByText('Something in the form is not right')
      .or(page.getByText('The service refused this'))
      .first()
      .waitFor();
    await wanted.getByLabel('IBAN').fill('DE89 3704 0044 0532 0130 00');
    await wanted.getByText('The digits fit.').waitFor();
    await form.getByRole('button', { name: 'Hold the change' }).dblclick();
    await page.getByRole('heading', { name: 'The account we pay to', level: 1 }).waitFor();
    await page.getByText('You entered this change. Somebody else has to approve it.').waitFor();
    await expectAccessible(page, 'held change');
    await picture(page, 'console-change');
    const { body } = await service.amara.get(`/v1/changes?customerId=${customerId}`);
    expect(body.data, 'a double click enters it once').toHaveLength(1);

    await page.getByRole('link', { name: /^Send a letter/ }).click();
    await page.getByRole('button', { name: /^Make the code/ }).dblclick();
    await page.getByText('Never read this code out to anybody, not to us either.').waitFor();
    await expectAccessible(page, 'letter');
    await picture(page, 'console-letter');
    await page.emulateMedia({ media: 'print' });
    await picture(page, 'console-letter-printed');
    expect(await page.getByRole('navigation').isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });

    const second = await browser.open(WIDE);
    await signInToConsole(second, service, 'Ben Whitaker', { path: '/changes' });
    await second
      .getByRole('row', { name: new RegExp(customerId) })
      .getByRole('link', { name: /^Open change/ })
      .click();
    await second.getByRole('button', { name: /^Approve/ }).dblclick();
    await second.getByText('You have approved it.').waitFor();
    const { body: change } = await service.amara.get(`/v1/changes/${body.data[0].id}`);
    expect(change.proofs.find(({ proof }: any) => proof === 'second_agent')).toMatchObject({ status: 'in', by: 'ben' });

    await page.goBack();
    await page
      .getByRole('row', { name: /A second agent/ })
      .getByText('In', { exact: true })
      .waitFor();
    await page.getByRole('button', { name: /^Withdraw/ }).click();
    await page.getByText('It was withdrawn.').waitFor();
    await openScreen(page, 'Changes');
    await page.getByRole('link', { name: 'Withdrawn' }).click();
    await page.getByRole('row', { name: new RegExp(customerId) }).waitFor();
  });
});

describe('on the telephone', () => {
  test('a report is taken, and a reference is looked up', { timeout: 120_000 }, async () => {
    const customerId = newCustomerId();
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, 'Amara Okafor', { path: '/report' });
    await expectAccessible(page, 'report');
    const form = page.getByRole('form', { name: 'Take a report' });
    await form.getByLabel('Customer id').fill(customerId);
    await form.getByLabel('Number they used').fill('+44 7700 900999');
    await form.getByLabel('A one-time code').check();
    await picture(page, 'console-report');
    await form.getByRole('button', { name: 'Take the report' }).dblclick();
    await page.getByRole('heading', { name: /^Report \S+ is taken$/ }).waitFor();
    await expectAccessible(page, 'report taken');
    await picture(page, 'console-report-taken');
    const { body } = await service.analyst.get(`/v1/reports?customerId=${customerId}`);
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({ shared: ['one_time_code'], claimedNumber: '+447700900999' });

    await openScreen(page, 'Reference');
    const look = page.getByRole('form', { name: 'Look a reference up' });
    await look.getByLabel('Reference').fill(body.data[0].reference.toLowerCase());
    await look.getByRole('button', { name: 'Look it up' }).click();
    await page.getByText('A report', { exact: true }).waitFor();
    await expectAccessible(page, 'reference');
    await picture(page, 'console-reference');
    await look.getByLabel('Reference').fill('2222-2222');
    await look.getByRole('button', { name: 'Look it up' }).click();
    await page.getByText('No such reference.').waitFor();
  });
});
