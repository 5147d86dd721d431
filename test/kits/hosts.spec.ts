import { describe, expect, test } from 'vitest';
import { connectAmazon } from '../../packages/hosts/src/amazon-connect.js';
import { connectGenesys } from '../../packages/hosts/src/genesys-cloud.js';
import type { PanelPort } from '../../packages/hosts/src/panel-port.js';
import { type PanelSettings, readSettings } from '../../packages/hosts/src/panel-messages.js';
import { connectSalesforce } from '../../packages/hosts/src/salesforce.js';
import { connectFlex } from '../../packages/hosts/src/twilio-flex.js';
import { connectWebex } from '../../packages/hosts/src/webex.js';
import { connectZendesk } from '../../packages/hosts/src/zendesk.js';

/** What a panel was told, each checked as a panel checks it. */
class Told implements PanelPort {
  readonly shown: PanelSettings[] = [];
  cleared = 0;
  show(settings: PanelSettings): void {
    expect(readSettings(settings), 'a panel takes it').not.toBeNull();
    this.shown.push(settings);
  }
  clear(): void {
    this.cleared += 1;
  }
}

/** Listeners by event, as every host has them. */
class Listeners<Payload> {
  readonly #held = new Map<string, Set<(payload: Payload) => unknown>>();
  add(event: string, listener: (payload: Payload) => unknown): void {
    this.#held.set(event, (this.#held.get(event) ?? new Set()).add(listener));
  }
  remove(event: string, listener: (payload: Payload) => unknown): void {
    this.#held.get(event)?.delete(listener);
  }
  async fire(event: string, payload: Payload): Promise<void> {
    await Promise.all([...(this.#held.get(event) ?? [])].map((listener) => listener(payload)));
  }
}

describe('a stand-in of', () => {
  test('Amazon Connect pops the contact that is connected, by its attributes', async () => {
    const listeners = new Listeners<{ contactId: string }>();
    const attributes: Record<string, Record<string, string>> = {
      c1: { customerId: 'cust-1', direction: 'OUTBOUND', line: '+442079460100' },
      c2: {},
    };
    const told = new Told();
    const end = connectAmazon(
      {
        onConnected: (handler) => listeners.add('connected', handler),
        offConnected: (handler) => listeners.remove('connected', handler),
        onCleared: (handler) => listeners.add('cleared', handler),
        offCleared: (handler) => listeners.remove('cleared', handler),
        getAttributes: async (contactId, keys) => {
          expect(keys).toEqual(['customerId', 'direction', 'line']);
          return attributes[contactId]!;
        },
      },
      told,
    );
    await listeners.fire('connected', { contactId: 'c1' });
    await listeners.fire('connected', { contactId: 'c2' });
    await listeners.fire('cleared', { contactId: 'c2' });
    end();
    await listeners.fire('connected', { contactId: 'c1' });
    const system = { externalSystem: 'amazon-connect' };
    expect(told.shown).toEqual([
      { customerId: 'cust-1', direction: 'outbound', line: '+442079460100', externalId: 'c1', ...system },
      { customerId: '', direction: 'inbound', line: '', externalId: 'c2', ...system },
    ]);
    expect(told.cleared).toBe(1);
  });

  test('Genesys Cloud pops the conversation that the widget stands beside', async () => {
    const listeners = new Listeners<void>();
    const states: string[] = [];
    const told = new Told();
    const app = {
      lifecycle: {
        addBootstrapListener: (listener: () => void) => listeners.add('bootstrap', listener),
        addStopListener: (listener: () => void) => listeners.add('stop', listener),
        bootstrapped: () => void states.push('bootstrapped'),
        stopped: () => void states.push('stopped'),
      },
    };
    await connectGenesys(app, told, {
      conversationId: 'conv-1',
      read: async (id) => {
        expect(id).toBe('conv-1');
        return {
          participants: [
            { purpose: 'agent' },
            {
              purpose: 'customer',
              direction: 'inbound',
              ani: 'tel:+447700900123',
              dnis: 'sip:+442079460199@bank.example',
              attributes: { customerId: 'cust-1' },
            },
          ],
        };
      },
    });
    await listeners.fire('bootstrap');
    await listeners.fire('stop');
    expect(told.shown).toEqual([
      {
        customerId: 'cust-1',
        direction: 'inbound',
        line: '+442079460199',
        externalId: 'conv-1',
        externalSystem: 'genesys',
      },
    ]);
    expect(states).toEqual(['bootstrapped', 'stopped']);
    expect(told.cleared).toBe(1);
  });

  test('Zendesk pops the requester of the ticket', async () => {
    const listeners = new Listeners<void>();
    const told = new Told();
    let ticket: Record<string, unknown> = {
      'ticket.id': 42,
      'ticket.via.channel': 'voice',
      'ticket.requester.externalId': 'cust-1',
    };
    const invoked: unknown[] = [];
    const end = await connectZendesk(
      {
        get: async () => ticket,
        on: (event, handler) => listeners.add(event, handler),
        off: (event, handler) => listeners.remove(event, handler),
        invoke: async (...values) => void invoked.push(values),
      },
      told,
      { line: '+442079460100' },
    );
    ticket = { 'ticket.id': 43, 'ticket.via.channel': 'web', 'ticket.requester.externalId': null };
    await listeners.fire('app.activated');
    end();
    await listeners.fire('app.activated');
    const shared = { line: '+442079460100', externalSystem: 'zendesk' };
    expect(told.shown).toEqual([
      { customerId: 'cust-1', direction: 'inbound', externalId: 'ticket-42', ...shared },
      { customerId: '', direction: 'outbound', externalId: 'ticket-43', ...shared },
    ]);
    expect(invoked).toEqual([['resize', { width: '100%', height: '720px' }]]);
  });

  test('Salesforce pops the record whose number is clicked, and the one that is opened', async () => {
    const listeners = new Listeners<{ recordId?: string }>();
    const told = new Told();
    const visible: boolean[] = [];
    connectSalesforce(
      {
        enableClickToDial: () => undefined,
        onClickToDial: ({ listener }) => listeners.add('dial', listener),
        onNavigationChange: ({ listener }) => listeners.add('navigate', listener),
        setSoftphonePanelVisibility: (options) => void visible.push(options.visible),
      },
      told,
      {
        customerOf: async (id) => (id === '0015g00000XYZ' ? 'cust-1' : null),
        line: '+442079460100',
      },
    );
    await listeners.fire('dial', { recordId: '0015g00000XYZ' });
    await listeners.fire('navigate', { recordId: '0015g00000XYZ' });
    await listeners.fire('navigate', { recordId: 'a task' });
    await listeners.fire('navigate', {});
    await Promise.resolve();
    expect(told.shown).toEqual([
      { customerId: 'cust-1', direction: 'outbound', line: '+442079460100', externalSystem: 'salesforce' },
      { customerId: 'cust-1', direction: 'inbound', line: '', externalSystem: 'salesforce' },
    ]);
    expect(visible).toEqual([true]);
  });

  test('Twilio Flex pops the voice task that is accepted', async () => {
    const listeners = new Listeners<any>();
    const told = new Told();
    const end = connectFlex(
      {
        addListener: (event, listener) => listeners.add(event, listener),
        removeListener: (event, listener) => listeners.remove(event, listener),
      },
      told,
    );
    const attributes = { customerId: 'cust-1', direction: 'inbound', from: '+447700900123', called: '+442079460199' };
    const task = { sid: 'WR1', taskSid: 'WT1', taskChannelUniqueName: 'voice', attributes };
    await listeners.fire('afterAcceptTask', { task });
    await listeners.fire('afterAcceptTask', { task: { ...task, taskChannelUniqueName: 'chat' } });
    await listeners.fire('afterAcceptTask', {});
    await listeners.fire('afterCompleteTask', { task });
    end();
    await listeners.fire('afterAcceptTask', { task });
    expect(told.shown).toEqual([
      { customerId: 'cust-1', direction: 'inbound', line: '+442079460199', externalId: 'WT1', externalSystem: 'flex' },
    ]);
    expect(told.cleared).toBe(1);
  });

  test('Webex pops the call that the agent is given', async () => {
    const listeners = new Listeners<any>();
    const told = new Told();
    const end = connectWebex(
      {
        addEventListener: (event, listener) => listeners.add(event, listener),
        removeEventListener: (event, listener) => listeners.remove(event, listener),
      },
      told,
    );
    const interaction = {
      mediaType: 'telephony',
      contactDirection: { type: 'OUTBOUND' },
      callAssociatedData: { customerId: { value: 'cust-1' }, dn: { value: '+442079460100' } },
    };
    await listeners.fire('eAgentContactAssigned', { data: { interactionId: 'i-1', interaction } });
    await listeners.fire('eAgentContactAssigned', {
      data: { interactionId: 'i-2', interaction: { ...interaction, mediaType: 'chat' } },
    });
    await listeners.fire('eAgentContactWrappedUp', {});
    end();
    await listeners.fire('eAgentContactAssigned', { data: { interactionId: 'i-3', interaction } });
    expect(told.shown).toEqual([
      {
        customerId: 'cust-1',
        direction: 'outbound',
        line: '+442079460100',
        externalId: 'i-1',
        externalSystem: 'webex',
      },
    ]);
    expect(told.cleared).toBe(1);
  });
});
