import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSettings, readToPanel } from '../../packages/hosts/src/panel-messages.js';

const GOOD = {
  customerId: 'cust-1001',
  direction: 'inbound',
  line: '+442079460100',
  purpose: 'A payment of £250 we stopped 👩‍👩‍👧',
  department: 'Fraud Operations',
  externalId: '4b7f9f5c',
  externalSystem: 'genesys',
  callbackId: '',
  locale: 'de-DE',
  sound: true,
} as const;

describe('what a desktop says', () => {
  test('is taken in this version, whole', () => {
    expect(readToPanel({ countersign: 1, type: 'settings', settings: GOOD })).toEqual({
      countersign: 1,
      type: 'settings',
      settings: GOOD,
    });
    expect(readToPanel({ countersign: 1, type: 'clear', more: 1 })).toEqual({ countersign: 1, type: 'clear' });
  });

  test.each([
    [{ customerId: 'a/b' }],
    [{ customerId: 1 }],
    [{ customerId: 'x'.repeat(65) }],
    [{ direction: 'sideways' }],
    [{ purpose: 'x'.repeat(141) }],
    [{ purpose: 'two\nlines' }],
    [{ externalId: 'two words' }],
    [{ callId: 'call_1' }],
    [{ sound: 'true' }],
    [{ token: 'stolen' }],
    [{ url: 'https://evil.example' }],
    [{ __proto__: null, constructor: 'x' }],
    [[]],
    [null],
    ['settings'],
  ])('is not taken in part: %j', (settings) => {
    expect(readSettings(settings)).toBeNull();
    expect(readToPanel({ countersign: 1, type: 'settings', settings })).toBeNull();
  });

  test.each([null, undefined, '', 1, {}, { countersign: 2, type: 'clear' }, { countersign: '1', type: 'clear' }, []])(
    'is nothing where it is no message: %j',
    (given) => {
      expect(readToPanel(given)).toBeNull();
    },
  );

  test('never throws, and never names what is not a setting', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (given) => {
        const read = readSettings(given);
        if (read !== null)
          for (const name of Object.keys(read)) expect([...Object.keys(GOOD), 'callId']).toContain(name);
        readToPanel(given);
      }),
    );
  });
});
