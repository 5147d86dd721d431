import { afterAll, beforeAll, test } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { buildPages } from '../support/built-pages.js';
import { ringAtAnyHour } from '../support/changes.js';
import { EXPECTED_ERRORS, signInToConsole } from '../support/console-page.js';
import { CASES_OF_PEOPLE } from '../support/console-presses.js';
import { casesByControl, pressTwice, WAYS } from '../support/press-twice.js';
import { sendingControls } from '../support/sending-controls.js';
import { startTestService, type TestService } from '../support/service.js';

const WIDE = { locale: 'en-GB', viewport: { width: 1280, height: 1000 }, expected: EXPECTED_ERRORS };

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
  await ringAtAnyHour(service);
}, 120_000);
afterAll(() => service?.stop());

test.each(casesByControl(CASES_OF_PEOPLE, sendingControls(['web/console/src'])))(
  'does once what is pressed twice: %s',
  { timeout: 120_000 },
  async (_, one, control) => {
    const page = await browser.open(WIDE);
    await signInToConsole(page, service, one.person);
    for (const way of Object.keys(WAYS)) await pressTwice({ page, service }, one, way, control);
  },
);
