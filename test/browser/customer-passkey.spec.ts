import { Client } from '@countersign/client';
import { devices } from '@countersign/device';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentScreen } from '../../scripts/demo/agent-screen.js';
import { buildPages } from '../support/built-pages.js';
import { useBrowser } from '../support/browser.js';
import {
  addAuthenticator,
  enrolByPasskey,
  expectAccessible,
  loseFirstReply,
  picture,
  signIn,
} from '../support/customer-page.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

const CODE = 'The code that the bank reads to you';
const PHONE = { viewport: { width: 390, height: 844 }, expected: [/status of 404/] };
const CUT = /ERR_|Failed to fetch/;

let service: TestService;
/** A passkey is of a domain, and an address is none. */
let home: { url: string };
let agent: Client;
const browser = useBrowser();
beforeAll(async () => {
  buildPages();
  service = await startTestService();
  home = { url: service.url.replace('127.0.0.1', 'localhost') };
  const token = await service.token('agent:amara');
  agent = new Client({ url: service.url, token: () => token });
}, 120_000);
afterAll(() => service?.stop());

async function declare(customerId: string, direction: 'outbound' | 'inbound' = 'outbound') {
  return agent.post('/v1/calls', { body: { customerId, direction, line: LINE, purpose: 'Your card', verify: true } });
}

async function live(customerId: string): Promise<number> {
  const token = await service.token('app');
  const listed = await devices({ url: service.url, customerId, token: () => token });
  return listed.filter(({ revokedAt }) => !revokedAt).length;
}

async function open(
  name: string,
  prepare?: (page: Page) => Promise<void>,
): Promise<{ page: Page; verify: (verified: boolean) => Promise<void> }> {
  const page = await browser.open({ ...PHONE, expected: [...PHONE.expected, CUT] });
  await prepare?.(page);
  const verify = await addAuthenticator(page);
  await signIn(page, home, name);
  return { page, verify };
}

describe('a customer with a passkey', () => {
  test(
    'is called, sees that it is the bank, is asked, types the code, and the agent hears that it is confirmed',
    { timeout: 150_000 },
    async () => {
      const { page, verify } = await open('Maya Lindqvist');
      await enrolByPasskey(page);
      const call = await declare('maya');
      const screen = new AgentScreen(agent, call.id);
      await page.getByRole('button', { name: 'Yes. Check this call' }).click();
      await page.getByText('Genuine', { exact: true }).waitFor();
      await page.getByRole('heading', { name: 'Are you on the phone with us now?' }).waitFor();
      await page.getByLabel(CODE).fill(call.verification!.code!);
      await verify(false);
      await page.getByRole('button', { name: 'Yes', exact: true }).click();
      await page.getByText('You did not finish. Nothing was sent.').waitFor();
      await expectAccessible(page, 'passkey declined');
      await picture(page, 'passkey-declined');
      await verify(true);
      await page.getByRole('button', { name: 'Yes', exact: true }).click();
      await page.getByText('Confirmed', { exact: true }).waitFor();
      const { subject, data } = await screen.hear('countersign.verification.confirmed', 60_000);
      expect([subject, data.answer]).toEqual([call.verification!.id, 'yes']);
      screen.close();
      await agent.post('/v1/calls/{callId}/end', { path: { callId: call.id } });
    },
  );

  test(
    'whose bank is rung in their name says who called whom, and the agent is alarmed',
    { timeout: 120_000 },
    async () => {
      const { page } = await open('Noah Brandt');
      await enrolByPasskey(page);
      const call = await declare('noah', 'inbound');
      const screen = new AgentScreen(agent, call.id);
      await page.getByRole('heading', { name: 'Did you phone us?' }).waitFor();
      await page.getByRole('button', { name: 'No', exact: true }).click();
      await page.getByRole('button', { name: 'They called me' }).click();
      await page.getByRole('alert').getByText('Danger').waitFor();
      expect((await screen.hear('countersign.call.relay_suspected', 60_000)).subject).toBe(call.id);
      screen.close();
    },
  );

  test(
    'where the reply is lost, is set up once and answers once, and reads what came of it',
    { timeout: 120_000 },
    async () => {
      const { page } = await open('Inês Duarte');
      await loseFirstReply(page, '**/v1/customers/*/devices');
      await page.getByRole('button', { name: 'Set up with a passkey' }).click();
      await page.getByText('We could not reach the bank.').waitFor();
      await page.getByRole('heading', { name: 'Set up this device' }).waitFor();
      await enrolByPasskey(page);
      expect(await live('ines')).toBe(1);

      const call = await declare('ines');
      await page.getByLabel(CODE).fill(call.verification!.code!);
      await loseFirstReply(page, '**/answer');
      await page.getByRole('button', { name: 'Yes', exact: true }).click();
      await page.getByText('We could not reach the bank.').waitFor();
      expect(await page.getByText('Confirmed', { exact: true }).count()).toBe(0);
      await page.getByText('We do not know yet whether your answer arrived.').waitFor();
      await expectAccessible(page, 'answer not known');
      await picture(page, 'answer-not-known');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('Confirmed', { exact: true }).waitFor();
      // Lists tell of what no open transaction of the cluster can still come before.
      const confirmed = async (): Promise<number> => {
        const events = await service.analyst.get(`/v1/events?subject=${call.verification!.id}`);
        return events.body.data.filter(({ type }: { type: string }) => type.endsWith('.confirmed')).length;
      };
      await expect.poll(confirmed).toBe(1);
    },
  );

  test('where the reply is heard of late, is no green of now', { timeout: 120_000 }, async () => {
    const { page } = await open('Inês Duarte', (opened) => opened.clock.install());
    await enrolByPasskey(page);
    const call = await declare('ines');
    await page.getByLabel(CODE).fill(call.verification!.code!);
    await loseFirstReply(page, '**/answer');
    await page.getByRole('button', { name: 'Yes', exact: true }).click();
    await page.getByText('We do not know yet whether your answer arrived.').waitFor();
    await page.clock.fastForward(31_000);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('You confirmed this a while ago.').waitFor();
    expect(await page.getByText('Confirmed', { exact: true }).count()).toBe(0);
  });
});
