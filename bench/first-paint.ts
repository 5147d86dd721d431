/**
 * How soon an agent sees the call desk: an embedded service, a headless browser without a cache, signed in anew each
 * time; then how soon the wall answers a press with 500 live calls on it.
 *
 * npm run build && node dist/bench/first-paint.js [times, 10]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { Client } from '@countersign/client';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { launchChromium } from '../test/support/chromium.js';
import { freePort } from './load/free-port.js';

const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.js');
const LIVE_CALLS = 500;
const PRESSES = 4;
const times = Number(process.argv[2] ?? 10);

/** In the page: notes when the heading of the desk is painted. */
const DESK_SEEN = {
  content: `new MutationObserver(() => {
    if (globalThis.deskAt === undefined && document.querySelector('console-desk h1'))
      requestAnimationFrame(() => (globalThis.deskAt ??= performance.now()));
  }).observe(document, { childList: true, subtree: true });`,
};

/** In the page: notes how long each press took to the next paint. */
const PRESSES_TIMED = {
  content: `globalThis.pressed = [];
    new PerformanceObserver((list) => pressed.push(...list.getEntries().filter(({ interactionId }) => interactionId > 0)))
      .observe({ type: 'event', durationThreshold: 16, buffered: true });`,
};

interface Paint {
  /** The first text or picture, by the browser (Paint Timing). */
  readonly firstContentful: number;
  /** Until the heading of the desk stands: what an agent waits for. */
  readonly desk: number;
}

async function signIn(page: Page, url: string, name: string, path: string): Promise<void> {
  await page.goto(`${url}/console/northbank${path}`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** The way back from the issuer to the desk, in a browser that has seen none of it. */
async function paint(browser: Browser, url: string): Promise<Paint> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(DESK_SEEN);
  await page.goto(`${url}/console/northbank/desk`);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  const person = page.getByRole('button', { name: /^Amara/ });
  await person.waitFor();
  const cache = await context.newCDPSession(page);
  await cache.send('Network.setCacheDisabled', { cacheDisabled: true });
  await person.click();
  await page.locator('console-desk h1').waitFor();
  // Asked in the next frame, by which it was noted: the page's policy lets nothing be evaluated there again and again.
  const found = await page.evaluate<Paint>(
    `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))).then(() => ({ firstContentful: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN, desk: deskAt }))`,
  );
  await context.close();
  return found;
}

/** Milliseconds from a press on the wall to the next paint (Event Timing), the longest of each press. */
async function presses(browser: Browser, url: string): Promise<number[]> {
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(PRESSES_TIMED);
  await signIn(page, url, 'Dana', '/wall');
  await page.getByText('Shown: 100').waitFor();
  const found: number[] = [];
  for (let pressed = 0; pressed < PRESSES; pressed += 1) {
    await page.evaluate('void (pressed.length = 0)');
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.waitForTimeout(500);
    found.push(await page.evaluate<number>('Math.max(0, ...pressed.map(({ duration }) => duration))'));
  }
  await context.close();
  return found;
}

async function declareCalls(url: string, dataDirectory: string): Promise<void> {
  const tenant = 'northbank';
  const token = await fetchDevelopmentToken({ serviceUrl: url, dataDirectory, tenant, identity: 'agent:amara' });
  const agent = new Client({ url, token: () => token });
  for (let begin = 0; begin < LIVE_CALLS; begin += 20)
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        agent.post('/v1/calls', {
          body: { customerId: `wall-${begin + index}`, direction: 'inbound', purpose: `Call ${begin + index}` },
        }),
      ),
    );
}

async function ready(url: string, service: ChildProcess): Promise<void> {
  for (;;) {
    if (service.exitCode !== null) throw new Error(`the service ended with ${service.exitCode}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function summary(values: readonly number[]): { median: number; most: number } {
  const sorted = [...values].sort((one, other) => one - other).map(Math.round);
  return { median: sorted[Math.floor(sorted.length / 2)]!, most: sorted.at(-1)! };
}

const dataDirectory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const service = spawn(process.execPath, [MAIN], {
  env: {
    PATH: process.env.PATH,
    PORT: String(port),
    DATA_DIR: dataDirectory,
    LOG_LEVEL: 'warn',
    NODE_ENV: 'development',
  },
  stdio: ['ignore', 'ignore', 'inherit'],
});
const gone = new Promise((resolve) => service.once('exit', resolve));
try {
  await ready(url, service);
  const browser = await launchChromium();
  try {
    await paint(browser, url);
    const paints: Paint[] = [];
    for (let time = 0; time < times; time += 1) paints.push(await paint(browser, url));
    await declareCalls(url, dataDirectory);
    const figures = {
      times,
      firstContentfulPaintMs: summary(paints.map(({ firstContentful }) => firstContentful)),
      callDeskMs: summary(paints.map(({ desk }) => desk)),
      liveCalls: LIVE_CALLS,
      pressToNextPaintMs: summary(await presses(browser, url)),
    };
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  } finally {
    await browser.close();
  }
} finally {
  service.kill('SIGTERM');
  await gone;
  await rm(dataDirectory, { recursive: true, force: true });
}
