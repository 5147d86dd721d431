import { Inject, Injectable } from '@nestjs/common';
import { lookupHash } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { Databases, type Requester } from '../database/databases.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import { toTypeId } from '../ids/ids.js';
import { PolicyService } from '../policy/policy.service.js';
import { type CustomerKey, CustomerKeys, openFor, sealFor } from './customer-keys.js';
import {
  findCustomer,
  listContactPoints,
  patchCustomer,
  replacePhoneNumbers,
  shredCustomer,
  unlockCustomer,
  upsertCustomer,
} from './customers.store.js';
import { isCostlyNumber, toE164 } from '../readers/number.js';

export interface GivenNumber {
  readonly number: string;
  readonly since?: string;
}

interface ReadNumber {
  readonly e164: string;
  readonly since: string | null;
}

export interface Customer {
  readonly id: string;
  readonly locale: string | null;
  readonly phoneNumbers: readonly { id: string; number: string; since: string; formerFrom: string | null }[];
  readonly verificationsLockedAt: string | null;
  readonly createdAt: string;
}

/** The sealing context of a contact point's value. */
export const CONTACT_VALUE = 'contact_points.value';

@Injectable()
export class CustomersService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
  ) {}

  /**
   * Creates or replaces a customer; a number that is no longer given becomes former, with its dates.
   * @throws Refusal 400 naming the number that is not one, 422 `costly-number` naming one that nobody should have to ring.
   */
  async put(
    tenantId: string,
    customerId: string,
    given: { phoneNumbers: readonly GivenNumber[]; locale?: string },
    author: string,
  ): Promise<{ created: boolean; customer: Customer }> {
    const numbers = await this.readNumbers(tenantId, given.phoneNumbers);
    const created = await this.databases.of(tenantId).transaction(async (db) => {
      const draft = this.keys.generate(tenantId, customerId);
      const row = await upsertCustomer(db, {
        customerId,
        keyId: draft.keyId,
        wrappedKey: draft.wrappedKey,
        locale: given.locale ?? null,
      });
      // A transaction may yet roll back, so a key that it made is not kept here.
      const key = row.created ? draft : this.keys.unwrap(tenantId, customerId, row);
      await this.replaceNumbers(db, customerId, key, numbers, { created: row.created, author });
      return row.created;
    });
    this.keys.forget(tenantId, customerId);
    return { created, customer: await this.get({ tenantId }, customerId) };
  }

  /**
   * Changes what is given, and nothing else; nobody is created.
   * @throws Refusal 404; 400 and 422 as `put` does.
   */
  async patch(
    tenantId: string,
    customerId: string,
    given: { phoneNumbers?: readonly GivenNumber[]; locale?: string | null },
    author: string,
  ): Promise<Customer> {
    const numbers = given.phoneNumbers && (await this.readNumbers(tenantId, given.phoneNumbers));
    await this.databases.of(tenantId).transaction(async (db) => {
      const row = await patchCustomer(db, {
        customerId,
        locale: given.locale ?? null,
        clearsLocale: given.locale === null,
        isLogged: numbers === undefined,
        author,
      });
      if (!row) throw new Refusal('not-found');
      if (!numbers) return;
      const key = this.keys.unwrap(tenantId, customerId, row);
      await this.replaceNumbers(db, customerId, key, numbers, { created: false, author });
    });
    this.keys.forget(tenantId, customerId);
    return this.get({ tenantId }, customerId);
  }

  async get(caller: Requester, customerId: string): Promise<Customer> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const row = await findCustomer(db, customerId);
    if (!row) throw new Refusal('not-found');
    const key = this.keys.unwrap(tenantId, customerId, row);
    const contacts = await listContactPoints(db, customerId);
    return {
      id: row.id,
      locale: row.locale,
      phoneNumbers: contacts.map((contact) => ({
        id: toTypeId('ctp', contact.id),
        number: openFor(key, row.key_id, CONTACT_VALUE, contact.value_sealed)!,
        since: contact.since.toISOString(),
        formerFrom: contact.former_from?.toISOString() ?? null,
      })),
      verificationsLockedAt: row.locked_at?.toISOString() ?? null,
      createdAt: row.created_at.toISOString(),
    };
  }

  async shred(tenantId: string, customerId: string, author: string): Promise<void> {
    const gone = await this.databases.of(tenantId).transaction((db) => shredCustomer(db, customerId, author));
    this.keys.forget(tenantId, customerId);
    if (!gone) throw new Refusal('not-found');
  }

  async unlock(caller: Requester, customerId: string, author: string): Promise<Customer> {
    if (!(await unlockCustomer(this.databases.of(caller), customerId, author))) throw new Refusal('not-found');
    return this.get(caller, customerId);
  }

  private async readNumbers(tenantId: string, given: readonly GivenNumber[]): Promise<readonly ReadNumber[]> {
    const { policy } = await this.policies.current(tenantId);
    const numbers = given.map(({ number, since }, index) => {
      const e164 = toE164(number, policy.defaultCountry);
      if (e164 === null)
        throw invalidField(
          `#/phoneNumbers/${index}/number`,
          'must be a phone number, best in E.164 such as +442079460123',
        );
      if (isCostlyNumber(e164)) {
        throw new Refusal('costly-number', {
          errors: [{ pointer: `#/phoneNumbers/${index}/number`, detail: 'is costly to ring' }],
        });
      }
      return { e164, since: since ?? null };
    });
    if (new Set(numbers.map(({ e164 }) => e164)).size !== numbers.length)
      throw invalidField('#/phoneNumbers', 'must not hold the same number twice');
    return numbers;
  }

  private replaceNumbers(
    db: TenantHandle,
    customerId: string,
    key: CustomerKey,
    numbers: readonly ReadNumber[],
    { created, author }: { readonly created: boolean; readonly author: string },
  ): Promise<void> {
    const hashes = numbers.map(({ e164 }) =>
      this.serverKeys.makeBoth((keys) => lookupHash(keys.lookup, db.tenantId, 'phone', e164)),
    );
    return replacePhoneNumbers(db, {
      customerId,
      hashes: hashes.map(({ hash }) => hash),
      otherHashes: hashes.map(({ otherHash }) => otherHash),
      sealed: numbers.map(({ e164 }) => sealFor(key, CONTACT_VALUE, e164)),
      since: numbers.map(({ since }) => since),
      created,
      author,
    });
  }
}
