import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ensureCustomerKey } from '../../src/customers/customer-keys.store.js';
import { enrolDevice } from '../../src/customers/devices.store.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { createTestDatabase } from './database.js';

/** A customer whom both banks have, with the same ids. */
export interface Twin {
  readonly customerId: string;
  readonly keyId: string;
  readonly deviceId: string;
}

export const OUTBOUND = '+442079460100';
export const INBOUND = '+442079460199';

/** Two banks in one database of which nothing but the tenant is different: what is done to both one way and the other must come out the same. */
export class TwinBanks {
  private constructor(
    readonly north: TenantDatabase,
    readonly south: TenantDatabase,
    private readonly owner: pg.Pool,
    readonly ownerUrl: string,
    readonly serviceUrl: string,
    private readonly drop: () => Promise<void>,
  ) {}

  static async create(name: string): Promise<TwinBanks> {
    const database = await createTestDatabase();
    const owner = new pg.Pool({ connectionString: database.url, max: 2 });
    const url = await ensureServiceLogin(database.url, name);
    const [north, south] = ['northbank', 'southbank'].map(
      (tenantId) => new TenantDatabase({ url, tenantId, sharedConnections: 1, pooledConnections: 4 }),
    ) as [TenantDatabase, TenantDatabase];
    const banks = new TwinBanks(north, south, owner, database.url, url, () => database.drop());
    for (const { tenantId } of banks.both)
      await banks.sql(
        `INSERT INTO lines (tenant_id, number, use, label) VALUES ($1, $2, 'outbound', 'a'), ($1, $3, 'inbound_only', 'b')`,
        [tenantId, OUTBOUND, INBOUND],
      );
    return banks;
  }

  get both(): readonly TenantDatabase[] {
    return [this.north, this.south];
  }

  async sql<Row extends object = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.owner.query<Row>(text, values)).rows;
  }

  /** A customer at both, with a device unless they have none yet. */
  async customer(withDevice = true): Promise<Twin> {
    const [customerId, keyId, deviceId] = [`cust-${randomUUID()}`, randomUUID(), randomUUID()];
    const keyThumbprint = 'thumb'.padEnd(43, deviceId);
    for (const db of this.both) {
      await ensureCustomerKey(db, customerId, keyId, Buffer.from('key'));
      if (!withDevice) continue;
      await enrolDevice(db, {
        id: deviceId,
        customerId,
        keyId,
        jti: randomUUID(),
        issuedAt: Date.now() / 1000,
        proofAgeSeconds: 60,
        clockToleranceSeconds: 60,
        mostDevices: 2,
        nameSealed: Buffer.from('name'),
        platform: 'ios',
        publicKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
        keyThumbprint,
        offlineSealed: null,
      });
    }
    return { customerId, keyId, deviceId };
  }

  /** All that a bank has of a customer, and what its log says of them in its order, but for moments, of which only whether they are there. */
  async recordOf(db: TenantDatabase, customerId: string): Promise<unknown> {
    const rows = await this.sql<{ all: unknown }>(
      `SELECT jsonb_build_object(
         'customer', (SELECT to_jsonb(c) - 'tenant_id' FROM customers c WHERE c.tenant_id = $1 AND c.id = $2),
         'calls', (SELECT jsonb_agg(to_jsonb(k) - 'tenant_id' || jsonb_build_object('lasts', (k.expires_at - k.started_at)::text) ORDER BY k.id)
                     FROM calls k WHERE k.tenant_id = $1 AND k.customer_id = $2),
         'verifications', (SELECT jsonb_agg(to_jsonb(v) - 'tenant_id' || jsonb_build_object('lasts', (v.expires_at - v.created_at)::text) ORDER BY v.id)
                             FROM verifications v WHERE v.tenant_id = $1 AND v.customer_id = $2),
         'events', (SELECT jsonb_agg(jsonb_build_array(e.type, e.about, e.about_id, e.call_id, e.data) ORDER BY e.xid, e.sequence)
                      FROM events e WHERE e.tenant_id = $1 AND e.customer_id = $2)) AS all`,
      [db.tenantId, customerId],
    );
    return withoutMoments(rows[0]!.all);
  }

  async close(): Promise<void> {
    await Promise.all([this.north.close(), this.south.close(), this.owner.end()]);
    await this.drop();
  }
}

const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;

/** The same with a word for each moment. */
export function withoutMoments(value: unknown): unknown {
  if (value instanceof Date || (typeof value === 'string' && MOMENT.test(value))) return 'a moment';
  if (Array.isArray(value)) return value.map(withoutMoments);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMoments(member)]));
}
