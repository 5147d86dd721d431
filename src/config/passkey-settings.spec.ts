import { describe, expect, it } from 'vitest';
import { defaultRelyingParty, readRelyingParty, relyingPartyOf } from './passkey-settings.js';

describe('the relying party of a tenant', () => {
  it('is read with the origins of its own domain', () => {
    const origins = ['https://www.bank.example', 'https://bank.example', `android:apk-key-hash:${'A'.repeat(43)}`];
    expect(readRelyingParty({ rpId: 'bank.example', origins, name: 'The Bank' }, 'north')).toEqual({
      rpId: 'bank.example',
      origins,
      name: 'The Bank',
    });
    expect(readRelyingParty({ rpId: 'bank.example', origins }, 'north').name).toBe('north');
  });

  it.each([
    null,
    [],
    {},
    { rpId: 'bank.example' },
    { rpId: 'bank.example', origins: [] },
    { rpId: 'bank.example', origins: ['https://evil.example'] },
    { rpId: 'bank.example', origins: ['http://bank.example'] },
    { rpId: 'bank.example', origins: ['https://bank.example/'] },
    { rpId: 'bank.example', origins: ['https://bank.example'], extra: 1 },
    { rpId: 'bank.example', origins: ['https://bank.example'], name: '' },
    { rpId: '192.0.2.1', origins: ['https://192.0.2.1'] },
    { rpId: 'co.uk', origins: ['https://bank.co.uk'] },
    { rpId: 'github.io', origins: ['https://bank.github.io'] },
    { rpId: 'BANK.example', origins: ['https://bank.example'] },
    { rpId: 'https://bank.example', origins: ['https://bank.example'] },
  ])('is refused as %j', (value) => {
    expect(() => readRelyingParty(value, 'north')).toThrow(/`passkeys` is/);
  });

  it('is by default the host of PUBLIC_URL, and localhost where that is an address, in development alone', () => {
    expect(defaultRelyingParty('https://verify.bank.example', 'north', true)).toEqual({
      rpId: 'verify.bank.example',
      origins: ['https://verify.bank.example'],
      name: 'north',
    });
    expect(defaultRelyingParty('http://127.0.0.1:3000', 'north', false)).toEqual({
      rpId: 'localhost',
      origins: ['http://localhost:3000', 'http://127.0.0.1:3000'],
      name: 'north',
    });
    expect(defaultRelyingParty('http://localhost:3000', 'north', false)?.origins).toEqual(['http://localhost:3000']);
    for (const url of ['http://127.0.0.1:3000', 'http://bank.example', 'https://192.0.2.1'])
      expect(defaultRelyingParty(url, 'north', true)).toBeNull();
  });

  it('is each tenant’s own', () => {
    const passkeys = { rpId: 'bank.example', origins: ['https://bank.example'], name: 'Bank' };
    const by = { publicUrl: 'https://192.0.2.1', production: true };
    expect([relyingPartyOf({ id: 'north', passkeys }, by), relyingPartyOf({ id: 'south' }, by)]).toEqual([
      passkeys,
      null,
    ]);
  });
});
