import type { Frame, Page } from 'playwright-core';
import type { TestService } from './service.js';

/** Signs in at the panel, in its window, as one of the development issuer's people. */
export async function enterPanel(
  page: Page,
  name = 'Amara Okafor',
  { panel = page, words = 'Sign in' }: { panel?: Page | Frame; words?: string } = {},
): Promise<void> {
  const opening = page.waitForEvent('popup');
  await panel.getByRole('button', { name: words, exact: true }).click();
  const opened = await opening;
  const closing = opened.waitForEvent('close');
  await opened.getByRole('button', { name }).or(opened.getByRole('link', { name })).first().click();
  await closing;
  await panel.getByRole('button', { name: words, exact: true }).waitFor({ state: 'hidden' });
}

/** Opens `/panel`, with settings behind the `#`, and signs in. */
export async function openPanel(
  page: Page,
  service: TestService,
  settings: Readonly<Record<string, string>> = {},
  options: { name?: string; words?: string } = {},
): Promise<void> {
  await page.goto(`${service.url}/panel#${new URLSearchParams(settings)}`);
  await enterPanel(page, options.name, { ...(options.words === undefined ? {} : { words: options.words }) });
}

/** The code that the panel shows. */
export async function shownCode(panel: Page | Frame): Promise<string> {
  const heading = panel.getByRole('region', { name: /Read this code|Lesen Sie/ });
  return (await heading.locator('.code').innerText()).replace(/\D/g, '');
}
