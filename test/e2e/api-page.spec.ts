import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { startTestService, type TestService } from '../support/service.js';

const browser = useBrowser();
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('the API page in a browser', () => {
  it.each(['/docs', '/docs/'])(
    '%s shows every group of operations, and asks nobody else for anything',
    async (path) => {
      const page = await browser.open();
      const reply = await page.goto(`${service.url}${path}`);
      expect(reply!.headers()['content-security-policy']).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self' 'sha256-[^']+';/,
      );
      await page.locator('#operations-Verdicts-askVerdict, .opblock-tag[data-tag="Verdicts"]').first().waitFor();
      await page.locator('.btn.authorize').waitFor();
      expect(
        new Set(browser.requested.filter((url) => !url.startsWith('data:')).map((url) => new URL(url).origin)),
      ).toEqual(new Set([service.url]));
    },
  );

  it('tries an operation out with a token that is pasted', async () => {
    const page = await browser.open();
    await page.goto(`${service.url}/docs`);
    await page.locator('.btn.authorize').click();
    await page.locator('.auth-container input').fill(await service.token('admin'));
    await page.locator('.auth-btn-wrapper .authorize').click();
    await page.locator('.auth-btn-wrapper .btn-done').click();
    await page.locator('[id="operations-Lines-listLines"] .opblock-summary-control').click();
    await page.locator('[id="operations-Lines-listLines"] .execute').click();
    const shown = page.locator('[id="operations-Lines-listLines"] .live-responses-table .response-col_status');
    await shown.first().waitFor();
    expect(await page.locator('[id="operations-Lines-listLines"] .live-responses-table').innerText()).toContain('200');
  });
});
