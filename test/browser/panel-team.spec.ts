import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import { giveOldNumber, OLD_NUMBER, ringAtAnyHour } from '../support/changes.js';
import { expectAccessible, picture } from '../support/customer-page.js';
import { openPanel } from '../support/panel-page.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const DESK = { viewport: { width: 420, height: 900 } };
const REFUSED = /status of (400|404|409|422|429)/;

let service: TestService;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
  await ringAtAnyHour(service);
}, 120_000);
afterAll(() => service?.stop());

async function desk(name: string, settings: Record<string, string>): Promise<Page> {
  const panel = await browser.open({ ...DESK, expected: [REFUSED] });
  await openPanel(panel, service, settings, { name });
  return panel;
}

/** A customer whose number has been on file for long. */
async function customerToRing(): Promise<string> {
  const customerId = newCustomerId();
  await giveOldNumber(service, customerId);
  return customerId;
}

describe('a call that is handed over', () => {
  test('is the other agent’s once they take it, and both see it at once', { timeout: 120_000 }, async () => {
    const customerId = newCustomerId();
    const amara = await desk('Amara Okafor', { customerId, line: LINE, purpose: 'Your card' });
    await amara.getByRole('button', { name: 'Declare without asking' }).click();
    await amara.getByText('The call is declared.').waitFor();
    const { body } = await service.analyst.get(`/v1/calls?customerId=${customerId}`);
    const [call] = body.data;
    const ben = await desk('Ben Whitaker', { callId: call.id });
    await ben.getByText('This is Amara Okafor’s call. You can watch it.').waitFor();
    expect(await ben.getByRole('button', { name: 'End the call' }).count()).toBe(0);
    await picture(ben, 'panel-not-yours');
    await amara.getByRole('button', { name: 'Hand over' }).click();
    await amara.getByLabel('To which agent').fill('ben');
    await amara.getByRole('button', { name: 'Offer the call' }).click();
    await amara.getByText('Offered to ben.').waitFor();
    await ben.getByText('This call is offered to you.').waitFor();
    await expectAccessible(ben, 'offered');
    await ben.getByRole('button', { name: 'Take the call over' }).dblclick();
    await amara.getByText('This is Ben Whitaker’s call.').waitFor();
    await ben.getByRole('button', { name: 'End the call' }).click();
    await ben.getByText('The call is over', { exact: true }).waitFor();
    await amara.getByText('The call is over', { exact: true }).waitFor();
    const after = await service.analyst.get(`/v1/calls/${call.id}`);
    expect(after.body).toMatchObject({ state: 'ended', agent: { id: 'ben' } });
  });

  test('may be taken by a supervisor of the team', { timeout: 120_000 }, async () => {
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      line: LINE,
      purpose: 'Your card',
    });
    const dana = await desk('Dana Castellan', { callId: call.id });
    await dana.getByRole('button', { name: 'Take the call over' }).click();
    await dana.getByRole('button', { name: 'End the call' }).waitFor();
    const { body } = await service.analyst.get(`/v1/calls/${call.id}`);
    expect(body.agent.id).toBe('dana');
  });
});

describe('a callback', () => {
  test(
    'is taken by one of two agents, shows its number to that one, and ends with what is true',
    { timeout: 120_000 },
    async () => {
      const customerId = await customerToRing();
      const amara = await desk('Amara Okafor', { customerId, direction: 'inbound', purpose: 'A new card' });
      await amara.getByRole('button', { name: 'Declare without asking' }).click();
      await amara.getByRole('button', { name: 'Plan to ring back' }).dblclick();
      await amara.getByText('A call back is planned.').waitFor();
      await amara.getByRole('button', { name: 'End the call' }).click();
      const { body } = await service.amara.get(`/v1/callbacks?customerId=${customerId}`);
      expect(body.data, 'a double click plans one').toHaveLength(1);
      const [{ id: callbackId }] = body.data;

      const [ben, chioma] = await Promise.all([
        desk('Ben Whitaker', { callbackId, line: LINE }),
        desk('Chioma Eze', { callbackId, line: LINE }),
      ]);
      await Promise.all([ben, chioma].map((one) => one.getByRole('button', { name: 'Take this callback' }).click()));
      const refused = /Somebody else has this callback/;
      const states = await Promise.all(
        [ben, chioma].map(async (one) => {
          await one.getByText(OLD_NUMBER).or(one.getByText(refused)).first().waitFor();
          return (await one.getByText(refused).count()) > 0;
        }),
      );
      expect(states.filter(Boolean)).toHaveLength(1);
      const winner = states[0] ? chioma : ben;
      await expectAccessible(winner, 'callback');
      await picture(winner, 'panel-callback');
      await winner.getByRole('button', { name: 'No answer' }).dblclick();
      await winner.getByText('Recorded:').waitFor();
      expect(await winner.getByText(OLD_NUMBER).count()).toBe(0);
      const after = await service.amara.get(`/v1/callbacks/${callbackId}`);
      expect(after.body.attempts).toBe(1);
    },
  );
});

describe('codes without internet', () => {
  test(
    'are read to the customer; a code of the customer’s is taken on a call that they placed alone',
    { timeout: 120_000 },
    async () => {
      const device = await service.customerWithDevice(newCustomerId());
      const outbound = await desk('Amara Okafor', { customerId: device.customerId, line: LINE, purpose: 'Your card' });
      await outbound.getByRole('button', { name: 'Declare without asking' }).click();
      await outbound.getByRole('button', { name: 'Code without internet' }).click();
      await outbound.getByRole('button', { name: 'Show the bank’s code' }).click();
      await outbound.getByText('Good for half a minute at most.').waitFor();
      expect(await outbound.getByRole('textbox').count(), 'no field for a code of the customer’s').toBe(0);
      await expectAccessible(outbound, 'offline code');
      await picture(outbound, 'panel-offline');
      await outbound.getByRole('button', { name: 'End the call' }).click();
      await outbound.getByText('The call is over', { exact: true }).waitFor();

      const inbound = await desk('Ben Whitaker', {
        customerId: device.customerId,
        direction: 'inbound',
        line: CARD_LINE,
        purpose: 'A new card',
      });
      await inbound.getByRole('button', { name: 'Declare without asking' }).click();
      await inbound.getByRole('button', { name: 'Code without internet' }).click();
      const field = inbound.getByLabel('The code from the customer’s app');
      await inbound.getByRole('button', { name: 'Check the customer’s code' }).click();
      await inbound.getByText('Type the six digits first.').waitFor();
      await field.fill('12');
      await inbound.getByRole('button', { name: 'Check the customer’s code' }).click();
      await inbound.getByText('That cannot be a code. It has six digits.').waitFor();
      await field.fill(await device.offlineCode('customerProof'));
      await inbound.getByRole('button', { name: 'Check the customer’s code' }).dblclick();
      await inbound.getByText('The customer’s code is right').waitFor();
      await expectAccessible(inbound, 'customer’s code');
      await picture(inbound, 'panel-customer-proof');
      expect(await inbound.getByText('Please hang up and ring the number on your card.').count()).toBe(0);
    },
  );
});
