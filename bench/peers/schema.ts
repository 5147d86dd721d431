import pg from 'pg';
import { devicePublicKey } from '../load/device.js';

/** What bare Fastify and pgbench work on: the same facts as ours, one indexed row for each read, and nothing else. */
const FASTIFY = `
  CREATE TABLE customers (id text PRIMARY KEY, public_key jsonb NOT NULL);
  CREATE TABLE calls (id uuid PRIMARY KEY DEFAULT uuidv7(), customer_id text NOT NULL REFERENCES customers, reference text NOT NULL, agent_name text NOT NULL,
    department text, purpose text NOT NULL, started_at timestamptz NOT NULL DEFAULT now(), ended_at timestamptz);
  CREATE INDEX calls_live ON calls (customer_id) WHERE ended_at IS NULL;
  CREATE TABLE verifications (id uuid PRIMARY KEY DEFAULT uuidv7(), customer_id text NOT NULL REFERENCES customers, agent_id text NOT NULL, purpose text NOT NULL, challenge text NOT NULL,
    status text NOT NULL DEFAULT 'waiting', answer jsonb, created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL DEFAULT now() + interval '2 minutes', closed_at timestamptz);
  CREATE INDEX verifications_waiting ON verifications (customer_id) WHERE status = 'waiting'`;

/** One row for each thing that oidc-provider keeps, as its adapter interface asks. */
const CIBA = `
  CREATE TABLE oidc (model text NOT NULL, id text NOT NULL, payload jsonb NOT NULL, grant_id text, account_id text, expires_at timestamptz, consumed_at timestamptz, PRIMARY KEY (model, id));
  CREATE INDEX oidc_by_grant ON oidc (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX oidc_pending ON oidc (account_id) WHERE model = 'BackchannelAuthenticationRequest' AND consumed_at IS NULL`;

/** Makes the peers' database in the server that Countersign is measured on, and returns its address. */
export async function createPeerDatabase(ownerUrl: string, customers: number): Promise<string> {
  const url = new URL(ownerUrl);
  url.pathname = '/peers';
  await run(ownerUrl, async (client) => void (await client.query('CREATE DATABASE peers')));
  await run(url.href, async (client) => {
    await client.query(`${FASTIFY}; ${CIBA}`);
    await client.query(`INSERT INTO customers SELECT 'customer-' || n, $2 FROM generate_series(0, $1::int - 1) n`, [
      customers,
      devicePublicKey,
    ]);
    await client.query(
      `INSERT INTO calls (customer_id, reference, agent_name, department, purpose) SELECT id, '3QM7-2D4F', 'Amara Okafor', 'Fraud Operations', 'A payment we stopped' FROM customers`,
    );
    await client.query('ANALYZE');
  });
  return url.href;
}

async function run(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client);
  await client.end();
}
