import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completePolicy, DEFAULT_POLICY, type PolicyDocument } from './policy.js';
import { PolicyDocumentDto } from './policy.dto.js';

const SECTIONS = Object.keys(DEFAULT_POLICY) as (keyof typeof DEFAULT_POLICY)[];

function errorsOf(document: object): string[] {
  return validateSync(plainToInstance(PolicyDocumentDto, document), {
    whitelist: true,
    forbidNonWhitelisted: true,
  }).map((error) => error.property);
}

describe('a policy', () => {
  it('is the defaults where nothing was set', () => {
    expect(completePolicy({})).toEqual(DEFAULT_POLICY);
  });

  it('may be set to the defaults: each lies within its own bounds', () => {
    expect(errorsOf(structuredClone(DEFAULT_POLICY))).toEqual([]);
  });

  it('takes what was set, and the default for the rest, section by section and value by value', () => {
    const completed = completePolicy({ device: { mostPerCustomer: 2 }, defaultCountry: 'IE', neverAsk: ['your PIN'] });
    expect(completed).toEqual({
      ...DEFAULT_POLICY,
      device: { ...DEFAULT_POLICY.device, mostPerCustomer: 2 },
      defaultCountry: 'IE',
      neverAsk: ['your PIN'],
    });
  });

  it('knows each of its sections when it is completed', () => {
    for (const section of SECTIONS) {
      const value = DEFAULT_POLICY[section];
      const set =
        typeof value === 'string'
          ? 'XX'
          : Array.isArray(value)
            ? []
            : Object.fromEntries(Object.entries(value).map(([name]) => [name, 'set']));
      expect(completePolicy({ [section]: set } as PolicyDocument)[section]).toEqual(set);
    }
  });

  it('is complete whatever subset was set, and completing it again changes nothing', () => {
    fc.assert(
      fc.property(fc.subarray(SECTIONS), (sections) => {
        const document = Object.fromEntries(
          sections.map((section) => [section, DEFAULT_POLICY[section]]),
        ) as PolicyDocument;
        expect(completePolicy(completePolicy(document))).toEqual(DEFAULT_POLICY);
      }),
    );
  });

  it('never asks more of a customer than the bank may: each limit has a floor and a ceiling', () => {
    for (const [section, name, low, high] of [
      ['verification', 'lifetimeSeconds', 30, 600],
      ['attempts', 'codeFailures', 3, 10],
      ['pushBudget', 'perMinute', 1, 20],
      ['pushBudget', 'sinceConfirmed', 5, 100],
      ['call', 'lifetimeSeconds', 60, 14_400],
    ] as const) {
      for (const within of [low, high]) expect(errorsOf({ [section]: { [name]: within } })).toEqual([]);
      for (const beyond of [low - 1, high + 1, low + 0.5, String(low), null])
        expect(errorsOf({ [section]: { [name]: beyond } })).toEqual([section]);
    }
  });
});
