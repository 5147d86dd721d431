import type { Locator, Page } from 'playwright-core';
import { giveOldNumber } from './changes.js';
import { eventsOf, type PressCase, type Ready, type Stage } from './press-twice.js';
import { LINE, newCustomerId, type TestService } from './service.js';

const VIEWS = 'packages/elements/src/agent-panel/views';
const AMARA = 'Amara Okafor';

function button(page: Page, name: string): Locator {
  return page.getByRole('button', { name });
}

/** What lies under an alarm has buttons of the same name, which cannot be reached. */
function inAlarm(page: Page, name: string): Locator {
  return page.locator('[part=alarm]').getByRole('button', { name });
}

/** Another panel on the same page, for the same person: nothing of the case before is left in it. */
async function show({ page }: Stage, settings: Readonly<Record<string, string>>): Promise<void> {
  await page.evaluate((given) => {
    const { document } = globalThis as any;
    const before = document.querySelector('countersign-agent-panel');
    const panel = Object.assign(document.createElement('countersign-agent-panel'), {
      ...given,
      token: before.token,
      locale: before.locale,
    });
    before.replaceWith(panel);
  }, settings);
}

/** A call of somebody's in the panel, as it stands after the API has been asked for it. */
async function live(
  stage: Stage,
  { verify = false, direction = 'outbound', who = 'amara' as 'amara' | 'ben' } = {},
): Promise<any> {
  const device = await stage.service.customerWithDevice();
  const { customerId } = device;
  await giveOldNumber(stage.service, customerId);
  const call = { customerId, direction, purpose: 'Your card', line: LINE, verify };
  const { body } = await stage.service[who].post('/v1/calls', call);
  await show(stage, { callId: body.id });
  await stage.page.getByText(body.reference).first().waitFor();
  return { ...body, device };
}

/** A button of a call that goes on. */
function inCall(
  words: string,
  event: string,
  options: Parameters<typeof live>[1] = {},
  open?: string,
): PressCase['ready'] {
  return async (stage) => {
    await live(stage, options);
    if (open) await button(stage.page, open).click();
    return { control: button(stage.page, words), effects: eventsOf(stage.service, event) };
  };
}

/** A call of whose relay the customer has told. */
async function relayed(stage: Stage): Promise<void> {
  const { device } = await live(stage, { verify: true, direction: 'inbound' });
  const question = await device.waitingQuestion(stage.service.app);
  await device.answer(stage.service.app, question, { answer: 'no', reason: 'they_called_me' });
  await stage.page.getByRole('alert').first().waitFor();
}

function declaring(words: string): PressCase['ready'] {
  return async (stage) => {
    const { customerId } = await stage.service.customerWithDevice();
    await show(stage, { customerId, line: LINE, purpose: 'Your card' });
    return { control: button(stage.page, words), effects: eventsOf(stage.service, 'call.declared') };
  };
}

async function callback(service: TestService): Promise<string> {
  const customerId = newCustomerId();
  await giveOldNumber(service, customerId);
  const { body } = await service.ben.post('/v1/callbacks', { customerId, reason: 'Your mortgage' });
  return body.id;
}

async function claiming(stage: Stage): Promise<Ready> {
  await show(stage, { callbackId: await callback(stage.service), line: LINE });
  return { control: button(stage.page, 'Take this callback'), effects: eventsOf(stage.service, 'callback.claimed') };
}

const CASES: readonly Omit<PressCase, 'person'>[] = [
  { control: `${VIEWS}/before-call.ts do.declareAndAsk`, ready: declaring('Declare and ask the customer') },
  { control: `${VIEWS}/before-call.ts do.declare`, ready: declaring('Declare without asking') },
  { control: `${VIEWS}/before-call.ts do.claim`, ready: claiming },
  {
    control: `${VIEWS}/callback.ts callback.*`,
    ready: async (stage) => {
      await (await claiming(stage)).control.click();
      return { control: button(stage.page, 'No answer'), effects: eventsOf(stage.service, 'callback.not_answered') };
    },
  },
  {
    control: `${VIEWS}/in-call.ts do.askAgain|do.ask`,
    ready: inCall('Ask the customer', 'verification.started'),
  },
  {
    control: `${VIEWS}/in-call.ts do.takeBack`,
    ready: inCall('Take the question back', 'verification.cancelled', { verify: true }),
  },
  { control: `${VIEWS}/in-call.ts do.end`, ready: inCall('End the call', 'call.ended') },
  {
    control: `${VIEWS}/drawers.ts do.bankProof`,
    ready: inCall('Show the bank’s code', 'call.bank_proof_given', {}, 'Code without internet'),
  },
  {
    control: `${VIEWS}/drawers.ts do.checkProof`,
    ready: async (stage) => {
      const { device } = await live(stage, { direction: 'inbound' });
      await button(stage.page, 'Code without internet').click();
      await stage.page.getByLabel('The code from the customer’s app').fill(await device.offlineCode('customerProof'));
      return {
        control: button(stage.page, 'Check the customer’s code'),
        effects: eventsOf(stage.service, 'call.customer_proved'),
      };
    },
  },
  {
    control: `${VIEWS}/drawers.ts do.transferSend`,
    ready: async (stage) => {
      await live(stage);
      await button(stage.page, 'Hand over').click();
      await stage.page.getByLabel('To which agent').fill('ben');
      return { control: button(stage.page, 'Offer the call'), effects: eventsOf(stage.service, 'call.transferred') };
    },
  },
  {
    control: `${VIEWS}/in-call.ts do.takeOver`,
    ready: async (stage) => {
      const call = await live(stage, { who: 'ben' });
      await stage.service.ben.post(`/v1/calls/${call.id}/transfer`, { to: 'amara' });
      return { control: button(stage.page, 'Take the call over'), effects: eventsOf(stage.service, 'call.taken_over') };
    },
  },
  {
    control: `${VIEWS}/in-call.ts do.takeBackCall`,
    ready: async (stage) => {
      const call = await live(stage);
      await stage.service.amara.post(`/v1/calls/${call.id}/transfer`, { to: 'ben' });
      return {
        control: button(stage.page, 'Keep the call after all'),
        effects: eventsOf(stage.service, 'call.taken_over'),
      };
    },
  },
  {
    control: `${VIEWS}/alarm.ts do.end`,
    ready: async (stage) => {
      await relayed(stage);
      return { control: inAlarm(stage.page, 'End the call'), effects: eventsOf(stage.service, 'call.ended') };
    },
  },
  {
    control: `${VIEWS}/alarm.ts do.callBack`,
    ready: async (stage) => {
      await relayed(stage);
      return { control: inAlarm(stage.page, 'Plan to ring back'), effects: eventsOf(stage.service, 'callback.queued') };
    },
  },
];

/** What agents press in the panel. */
export const CASES_OF_THE_PANEL: readonly PressCase[] = CASES.map((one) => ({ person: AMARA, ...one }));
