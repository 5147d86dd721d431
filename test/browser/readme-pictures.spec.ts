import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { EXPECTED_ERRORS, findCustomer, signInToConsole } from '../support/console-page.js';
import { enrolByKey, signIn } from '../support/customer-page.js';
import { shownCode } from '../support/panel-page.js';
import { startTestService, type TestService } from '../support/service.js';

const PICTURES = resolve('docs/pictures');
const MOST_BYTES = 60_000;
const README = readFileSync('README.md', 'utf8');

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
}, 120_000);
afterAll(() => service?.stop());

/** Takes a picture of the README anew where UPDATE_SNAPSHOTS is set, and holds the one that is there to what it may be. */
async function keep(page: Page, name: string): Promise<void> {
  const file = resolve(PICTURES, `${name}.png`);
  const taken = await page.screenshot();
  if (process.env.UPDATE_SNAPSHOTS) {
    mkdirSync(PICTURES, { recursive: true });
    writeFileSync(file, taken);
  }
  const kept = readFileSync(file);
  const sizeOf = (png: Buffer): number[] => [png.readUInt32BE(16), png.readUInt32BE(20)];
  expect(sizeOf(kept), `${name}: UPDATE_SNAPSHOTS=1 takes it anew`).toEqual(sizeOf(taken));
  expect(kept.length, name).toBeLessThan(MOST_BYTES);
  expect(README).toContain(`docs/pictures/${name}.png`);
}

test(
  'the README shows the call desk and the customer’s page as they are, of one call',
  { timeout: 150_000 },
  async () => {
    const customer = await browser.open({ viewport: { width: 390, height: 460 }, expected: EXPECTED_ERRORS });
    await signIn(customer, service);
    await enrolByKey(customer);
    const agent = await browser.open({ viewport: { width: 1000, height: 460 }, expected: EXPECTED_ERRORS });
    await signInToConsole(agent, service, 'Amara Okafor');
    await findCustomer(agent, 'maya');
    await agent.getByLabel('What it is about').fill('A payment we stopped');
    await agent.getByRole('button', { name: 'Declare and ask the customer' }).click();
    await shownCode(agent);
    await customer.getByRole('button', { name: 'Yes. Check this call' }).click();
    await customer.getByText('Genuine', { exact: true }).waitFor();
    await customer.getByText('Genuine', { exact: true }).evaluate((one: any) => one.scrollIntoView({ block: 'start' }));
    await agent.evaluate(() => (globalThis as any).scrollTo(0, 0));
    await keep(agent, 'call-desk');
    await keep(customer, 'customer');
  },
);
