import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';

const browser = useBrowser();
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe('the address of the service', () => {
  it('says to a program where everything is, and each of it is there', async () => {
    const { status, body, headers } = await send(service.url, { path: '/' });
    expect({ status, name: body.name, vary: headers.vary }).toEqual({
      status: 200,
      name: 'Countersign',
      vary: 'Accept',
    });
    const paths = Object.values<string>(body).filter((value) => value.startsWith('/'));
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) expect([path, (await send(service.url, { path })).status]).not.toEqual([path, 404]);
  });

  it('is a page in a browser, that leads to the API page', async () => {
    const page = await browser.open();
    await page.goto(service.url);
    await page.locator('a[href="docs"]').click();
    await page.locator('.btn.authorize').waitFor();
    expect(page.url()).toBe(`${service.url}/docs`);
  });
});
