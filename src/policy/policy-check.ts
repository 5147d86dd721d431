import { isSupportedCountry } from 'libphonenumber-js/max';
import { FieldError } from '../refusals/refusal.js';
import { isMailAddress, isWebAddress, readOwnHost } from '../readers/own-addresses.js';
import { isSharedHost, isSharedHostEntry, sharedHosts } from '../readers/shared-hosts.js';
import { readDay } from '../readers/time.js';
import { completePolicy, type Policy, type PolicyDocument } from './policy.js';

/** What is wrong with a policy whose fields are each well formed: what must fit together, and what only the platform knows. */
export function checkPolicy(document: PolicyDocument): FieldError[] {
  const policy = completePolicy(document);
  const { callbacks, changes, defaultCountry } = policy;
  const errors: FieldError[] = checkAddresses(policy);
  if (!isSupportedCountry(defaultCountry))
    errors.push({ pointer: '#/defaultCountry', detail: 'must be a country that has a numbering plan' });
  if (callbacks.opens >= callbacks.closes)
    errors.push({ pointer: '#/callbacks/closes', detail: 'must be later than opens' });
  callbacks.holidays.forEach((day, index) => {
    if (readDay(day) === null)
      errors.push({
        pointer: `#/callbacks/holidays/${index}`,
        detail: 'must be a day that exists, such as 2026-12-25',
      });
  });
  changes.rules.forEach((rule, index) => {
    if (new Set(rule.proofs).size !== rule.proofs.length)
      errors.push({ pointer: `#/changes/rules/${index}/proofs`, detail: 'must not name a proof twice' });
    if (!rule.proofs.some((proof) => proof !== 'second_agent'))
      errors.push({
        pointer: `#/changes/rules/${index}/proofs`,
        detail: 'must ask for something from the customer: app, callback or letter',
      });
  });
  return errors;
}

function checkAddresses({ campaigns, ownAddresses }: Policy): FieldError[] {
  const shared = sharedHosts(campaigns.sharedHosts);
  const check = (
    list: string,
    values: readonly string[],
    isRight: (value: string) => boolean,
    detail: string,
  ): FieldError[] =>
    values.flatMap((value, index) => (isRight(value) ? [] : [{ pointer: `#/${list}/${index}`, detail }]));
  return [
    ...check(
      'campaigns/sharedHosts',
      campaigns.sharedHosts,
      isSharedHostEntry,
      "must be a host such as bit.ly, or *.pages.example where each host below is somebody's own",
    ),
    ...check(
      'ownAddresses/hosts',
      ownAddresses.hosts,
      (value) => readOwnHost(value) !== null,
      'must be a host such as northbank.example, under which nobody else can register',
    ),
    ...check(
      'ownAddresses/hosts',
      ownAddresses.hosts,
      (value) => !isSharedHost(readOwnHost(value) ?? '', shared),
      'is a host where others have pages too; name the page in links, or the address in mail',
    ),
    ...check(
      'ownAddresses/mail',
      ownAddresses.mail,
      isMailAddress,
      'must be an e-mail address such as help@northbank.example',
    ),
    ...check(
      'ownAddresses/links',
      ownAddresses.links,
      isWebAddress,
      'must be a web address such as https://apps.example/northbank',
    ),
  ];
}
