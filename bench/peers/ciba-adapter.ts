import type pg from 'pg';
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Row {
  readonly payload: AdapterPayload;
  readonly consumed_at: Date | null;
}

/** oidc-provider's state in PostgreSQL: one named statement for each call of the adapter, on a plain pool. */
export function postgresAdapter(pool: pg.Pool): new (model: string) => Adapter {
  const query = async (name: string, text: string, values: unknown[]): Promise<Row[]> =>
    (await pool.query<Row>({ name, text, values })).rows;
  return class implements Adapter {
    constructor(private readonly model: string) {}

    async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
      await query(
        'upsert',
        `INSERT INTO oidc (model, id, payload, grant_id, account_id, expires_at) VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')
        ON CONFLICT (model, id) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, account_id = excluded.account_id, expires_at = excluded.expires_at`,
        [this.model, id, payload, payload.grantId ?? null, payload.accountId ?? null, expiresIn ?? null],
      );
    }

    async find(id: string): Promise<AdapterPayload | undefined> {
      const [row] = await query(
        'find',
        'SELECT payload, consumed_at FROM oidc WHERE model = $1 AND id = $2 AND (expires_at IS NULL OR expires_at > now())',
        [this.model, id],
      );
      return (
        row && {
          ...row.payload,
          ...(row.consumed_at ? { consumed: Math.floor(row.consumed_at.getTime() / 1_000) } : {}),
        }
      );
    }

    async findByUid(uid: string): Promise<AdapterPayload | undefined> {
      return (
        await query('findByUid', `SELECT payload FROM oidc WHERE model = $1 AND payload ->> 'uid' = $2`, [
          this.model,
          uid,
        ])
      )[0]?.payload;
    }

    async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
      return (
        await query('findByUserCode', `SELECT payload FROM oidc WHERE model = $1 AND payload ->> 'userCode' = $2`, [
          this.model,
          userCode,
        ])
      )[0]?.payload;
    }

    async consume(id: string): Promise<void> {
      await query('consume', 'UPDATE oidc SET consumed_at = now() WHERE model = $1 AND id = $2', [this.model, id]);
    }

    async destroy(id: string): Promise<void> {
      await query('destroy', 'DELETE FROM oidc WHERE model = $1 AND id = $2', [this.model, id]);
    }

    async revokeByGrantId(grantId: string): Promise<void> {
      await query('revoke', 'DELETE FROM oidc WHERE grant_id = $1', [grantId]);
    }
  };
}
