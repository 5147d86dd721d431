/**
 * The baseline: Fastify with a plain `pg` pool, named statements, one statement a transaction. It has no tokens, no
 * validation, no tenants, no events and no log.
 */
import { type JsonWebKey, randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import pg from 'pg';
import { keyOf, readJws } from './device-signature.js';

interface Row {
  readonly id: string;
  readonly challenge: string;
  readonly customer_id: string;
  readonly public_key: JsonWebKey;
}

const pool = new pg.Pool({ connectionString: process.env.PEER_DATABASE_URL });
const query = async (name: string, text: string, values: unknown[]): Promise<Row[]> =>
  (await pool.query<Row>({ name, text, values })).rows;
const app = Fastify();

app.get<{ Params: { id: string } }>('/customers/:id/call', async ({ params }) => {
  const [call] = await query(
    'call',
    'SELECT id, reference, agent_name, department, purpose, started_at FROM calls WHERE customer_id = $1 AND ended_at IS NULL LIMIT 1',
    [params.id],
  );
  return { call: call ?? null };
});

app.post<{ Body: { customerId: string; agentId: string; purpose: string } }>(
  '/verifications',
  async ({ body }, reply) => {
    const [started] = await query(
      'start',
      'INSERT INTO verifications (customer_id, agent_id, purpose, challenge) VALUES ($1, $2, $3, $4) RETURNING id, expires_at',
      [body.customerId, body.agentId, body.purpose, randomBytes(32).toString('base64url')],
    );
    return reply.code(201).send(started);
  },
);

app.get<{ Params: { id: string } }>('/customers/:id/verifications', async ({ params }) => ({
  data: await query(
    'waiting',
    `SELECT id, challenge, purpose, created_at, expires_at FROM verifications WHERE customer_id = $1 AND status = 'waiting' AND expires_at > now() ORDER BY id DESC`,
    [params.id],
  ),
}));

app.post<{ Params: { id: string }; Body: { jws: string } }>(
  '/verifications/:id/answer',
  async ({ params, body }, reply) => {
    const jws = readJws(body.jws);
    const [row] = await query(
      'toAnswer',
      'SELECT v.challenge, v.customer_id, c.public_key FROM verifications v JOIN customers c ON c.id = v.customer_id WHERE v.id = $1',
      [params.id],
    );
    if (
      !row ||
      jws.payload.verification !== params.id ||
      jws.payload.challenge !== row.challenge ||
      !jws.by(keyOf(row.customer_id, row.public_key))
    )
      return reply.code(422).send({});
    const [closed] = await query(
      'answer',
      `UPDATE verifications SET status = 'confirmed', answer = $2, closed_at = now() WHERE id = $1 AND status = 'waiting' AND expires_at > now() RETURNING id`,
      [params.id, { jws: body.jws }],
    );
    return reply.code(closed ? 200 : 409).send({ status: closed ? 'confirmed' : 'closed' });
  },
);

app.get<{ Params: { id: string } }>(
  '/verifications/:id',
  async ({ params }) =>
    (await query('outcome', 'SELECT id, status, closed_at FROM verifications WHERE id = $1', [params.id]))[0],
);

await app.listen({ port: 0, host: '127.0.0.1' });
process.send!({ port: (app.server.address() as { port: number }).port });
process.on('disconnect', () => process.exit(0));
