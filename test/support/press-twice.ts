import { readFileSync } from 'node:fs';
import type { Locator, Page, Request } from 'playwright-core';
import { expect } from 'vitest';
import type { ApiDocument } from './openapi-document.js';
import type { SendingControl } from './sending-controls.js';
import type { TestService } from './service.js';

export interface Stage {
  readonly page: Page;
  readonly service: TestService;
}

/** A control that can be pressed now, and how often what it does has been done so far. */
export interface Ready {
  readonly control: Locator;
  readonly effects: () => Promise<number>;
}

export interface PressCase {
  /** The control, as `sendingControls` names it. */
  readonly control: string;
  /** Who presses it. */
  readonly person: string;
  /** Brings a page that is signed in to where the control is, about something new each time. */
  readonly ready: (stage: Stage) => Promise<Ready>;
}

type Press = (page: Page, control: Locator, answered: () => Promise<unknown>) => Promise<void>;

/** The ways in which one press becomes two. */
export const WAYS: Readonly<Record<string, Press>> = {
  'two clicks in one task': async (_page, control) => {
    await control.evaluate((button: any) => {
      button.click();
      button.click();
    });
  },
  // What lies under the pointer by then is whatever the first click has made of the page.
  'a double click whose second half comes after the answer': async (page, control, answered) => {
    await control.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await control.boundingBox())!;
    const [left, top] = [x + width / 2, y + height / 2];
    await page.mouse.move(left, top);
    await page.mouse.down({ clickCount: 1 });
    await page.mouse.up({ clickCount: 1 });
    await answered();
    await page.mouse.down({ clickCount: 2 });
    await page.mouse.up({ clickCount: 2 });
  },
  'Enter that is held': async (page, control, answered) => {
    await control.focus();
    await page.keyboard.down('Enter');
    await page.keyboard.down('Enter');
    await answered();
    for (let repeated = 0; repeated < 3; repeated += 1) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
  },
};

/** Presses a control twice, and holds it to one effect and one idempotency key. */
export async function pressTwice(
  stage: Stage,
  one: PressCase,
  way: string,
  { operations }: SendingControl,
): Promise<void> {
  const { page, service } = stage;
  const sent = new SentRequests(page, service.url);
  const { control, effects } = await one.ready(stage);
  await control.waitFor();
  await sent.settle();
  const before = await effects();
  sent.all.length = 0;
  await WAYS[way]!(page, control, () => sent.answered());
  await sent.answered();
  await expect.poll(async () => (await effects()) - before, { message: `${one.control}, ${way}: effects` }).toBe(1);
  await sent.settle();
  sent.stop();
  const about = `${one.control}, ${way}`;
  const seen = sent.all.map((request) => sent.operationOf(request, operations));
  expect(new Set(seen).size, `${about}: one thing is sent, not ${seen.join(', ')}`).toBe(1);
  expect(operations, `${about}: what the code says that it sends`).toContain(seen[0]);
  const keys = sent.all.map((request) => request.headers()['idempotency-key']);
  if (takesKey(seen[0]!)) {
    expect(keys[0], `${about}: an idempotency key`).toBeTruthy();
    expect(new Set(keys).size, `${about}: one key`).toBe(1);
  } else expect(sent.all, `${about}: it takes no key, so it is sent once`).toHaveLength(1);
  expect((await effects()) - before, `${about}: effects in the end`).toBe(1);
}

/** What a page sends that is more than a question, to the API alone. */
class SentRequests {
  readonly all: Request[] = [];
  readonly #open = new Set<Request>();
  readonly #began = (request: Request): void => {
    if (!this.#sends(request)) return;
    this.#open.add(request);
    this.all.push(request);
  };
  readonly #ended = (request: Request): void => void this.#open.delete(request);

  constructor(
    private readonly page: Page,
    private readonly url: string,
  ) {
    page.on('request', this.#began);
    page.on('requestfinished', this.#ended);
    page.on('requestfailed', this.#ended);
  }

  stop(): void {
    this.page.off('request', this.#began);
    this.page.off('requestfinished', this.#ended);
    this.page.off('requestfailed', this.#ended);
  }

  /** Waits until something was sent, and all of it is answered and drawn. */
  async answered(): Promise<void> {
    await expect.poll(() => this.all.length).toBeGreaterThan(0);
    await this.settle();
  }

  /** Waits until the page has done what it was about to do, and nothing is on its way. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < 2;) {
      await this.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 30)));
      quiet = this.#open.size === 0 ? quiet + 1 : 0;
    }
  }

  /** The operation of a request; its method and address where it is none of the given. */
  operationOf(request: Request, operations: readonly string[]): string {
    const { pathname } = new URL(request.url());
    const fits = (operation: string): boolean => {
      const [method, path] = operation.split(' ') as [string, string];
      return request.method() === method && new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname);
    };
    return operations.find(fits) ?? `${request.method()} ${pathname}`;
  }

  #sends(request: Request): boolean {
    return request.method() !== 'GET' && request.url().startsWith(`${this.url}/v1/`);
  }
}

const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as ApiDocument;

function takesKey(operation: string): boolean {
  const [method, path] = operation.split(' ') as [string, string];
  return (paths[path]![method.toLowerCase()]!.parameters ?? []).some(({ name }) => name === 'Idempotency-Key');
}

/** How many events there are of a kind. */
export function eventsOf(service: TestService, type: string): () => Promise<number> {
  return async () => {
    const [row] = await service.sql(`SELECT count(*)::int AS n FROM events WHERE type = $1`, [`countersign.${type}`]);
    return row.n;
  };
}

/** How many rows a table has. */
export function rowsOf(service: TestService, table: string, where = 'true'): () => Promise<number> {
  return async () => (await service.sql(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`))[0].n;
}

/** Cases with the name of their control, and what the code says of it. */
export function casesByControl(
  cases: readonly PressCase[],
  controls: readonly SendingControl[],
): [string, PressCase, SendingControl][] {
  return cases.map((one) => [
    one.control,
    one,
    controls.find(({ key }) => key === one.control) ?? { key: '', operations: [] },
  ]);
}
