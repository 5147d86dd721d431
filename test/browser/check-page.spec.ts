import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService({ REFERENCE_CHECKS_PER_MINUTE: '5' });
}, 120_000);
afterAll(() => service?.stop());

describe('/check', () => {
  test(
    'says what a reference stands for, that it can be copied, and asks for nothing',
    { timeout: 120_000 },
    async () => {
      const { body: call } = await service.amara.post('/v1/calls', {
        customerId: 'maya',
        direction: 'outbound',
        line: LINE,
        purpose: 'Your card',
      });
      const page = await browser.open({ viewport: { width: 390, height: 844 }, expected: [/status of (404|429)/] });
      await page.goto(`${service.url}/check`);
      await page.getByLabel('The reference').waitFor();
      expect(await page.getByRole('textbox').count()).toBe(1);
      await expectAccessible(page, 'check');
      await picture(page, 'check');
      await page.getByLabel('The reference').fill(call.reference);
      await page.getByRole('button', { name: 'Check it' }).click();
      await page.getByText('The bank placed this call, and it is going on now.').waitFor();
      await page.getByText('Anybody can copy a reference.').waitFor();
      await expectAccessible(page, 'check: known');
      await picture(page, 'check-known');
      expect(await page.getByText('Amara').count()).toBe(0);

      await page.getByLabel('The reference').fill('K7QM-2D42');
      await page.getByRole('button', { name: 'Check it' }).click();
      await page.getByText('We do not know this reference.').waitFor();
      await expectAccessible(page, 'check: not known');
      await picture(page, 'check-not-known');
      // What is pressed while the page still asks is not asked.
      await expect
        .poll(async () => {
          await page.getByRole('button', { name: 'Check it' }).click();
          return page.getByText('Too many tries. Wait a minute, then try again.').isVisible();
        })
        .toBe(true);
    },
  );
});
