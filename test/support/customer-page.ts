import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TestService } from './service.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SCREENSHOTS = join(import.meta.dirname, '..', 'browser', 'screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

/** Opens `/my` and signs in as one of the development issuer's customers. */
export async function signIn(
  page: Page,
  service: Pick<TestService, 'url'>,
  name = 'Maya Lindqvist',
  words = 'Sign in',
): Promise<void> {
  await page.goto(`${service.url}/my`);
  await page.getByRole('button', { name: words, exact: true }).click();
  await page.getByRole('button', { name }).or(page.getByRole('link', { name })).first().click();
  await page.waitForURL(`${service.url}/my/northbank`);
}

/** A device's own authenticator, which asks the person for a finger; gives what says whether it gets one. */
export async function addAuthenticator(page: Page): Promise<(verified: boolean) => Promise<void>> {
  const client = await page.context().newCDPSession(page);
  await client.send('WebAuthn.enable');
  const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return async (isUserVerified) => {
    await client.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  };
}

/** Sets the browser up by a passkey, and waits until it is. */
export async function enrolByPasskey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up with a passkey' }).click();
  await page.getByRole('heading', { name: 'Set up this device' }).waitFor({ state: 'detached' });
}

/** Lets the first request of a kind reach the service, and loses its reply. */
export async function loseFirstReply(page: Page, url: string, method = 'POST'): Promise<void> {
  let lost = false;
  await page.route(url, async (route) => {
    if (lost || route.request().method() !== method) return route.continue();
    lost = true;
    await route.fetch();
    return route.abort('connectionreset');
  });
}

/** Sets the browser up by a key of its own, and waits until it is. */
export async function enrolByKey(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Set up without a passkey' }).click();
  await page.getByRole('heading', { name: 'Set up this device' }).waitFor({ state: 'detached' });
}

/** Fails for any violation that axe finds (WCAG 2.2 A and AA, and good practice), and for anything wider than the page. */
export async function expectAccessible(
  page: Page,
  screen: string,
  { except = [] }: { readonly except?: readonly string[] } = {},
): Promise<void> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async (without) => {
    const { axe } = globalThis as unknown as {
      axe: { run(node: unknown, options: unknown): Promise<{ violations: any[] }> };
    };
    const { document } = globalThis as unknown as { document: unknown };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const rules = Object.fromEntries(without.map((rule) => [rule, { enabled: false }]));
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags }, rules, preload: false });
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node: any) => `${node.html} ${node.failureSummary}`).join(' | ')}`,
    );
  }, except);
  expect(violations, `axe on ${screen}`).toEqual([]);
  const overflow = await page.evaluate(() => {
    const { documentElement: root } = (globalThis as any).document;
    return root.scrollWidth - root.clientWidth;
  });
  expect(overflow, `${screen} is wider than the page`).toBeLessThanOrEqual(0);
}

/** Writes a picture to look at; git ignores it. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
}
