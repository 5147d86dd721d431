import { verifyConsistency } from '../../src/crypto/merkle-tree.js';
import { toTypeId } from '../../src/ids/ids.js';
import { type Checkpoint, openCheckpoint } from '../../src/transparency/checkpoint.js';
import type { Acknowledged } from './bank.js';

/** Runs a statement as a superuser of the database that is examined. */
export type Query = <Row extends object>(statement: string) => Promise<Row[]>;

const SEALED_TRIES = 300;

/** What is not as it was acknowledged, in sentences. */
export async function examineLedger(query: Query, ledger: Iterable<Acknowledged>): Promise<string[]> {
  const rows = await query<{ id: string; ended: boolean; declared: number; ends: number }>(`
    SELECT c.id, c.ended_at IS NOT NULL AS ended,
           count(*) FILTER (WHERE e.type = 'countersign.call.declared')::int AS declared,
           count(*) FILTER (WHERE e.type = 'countersign.call.ended')::int AS ends
      FROM calls c LEFT JOIN events e ON e.tenant_id = c.tenant_id AND e.call_id = c.id GROUP BY 1, 2`);
  const found = new Map(rows.map((row) => [toTypeId('call', row.id), row]));
  const faults: string[] = [];
  for (const { callId, ended } of ledger) {
    const row = found.get(callId);
    if (!row) faults.push(`${callId} was acknowledged and is lost`);
    else if (row.declared !== 1) faults.push(`${callId} was declared ${row.declared} times`);
    else if (ended && (!row.ended || row.ends !== 1))
      faults.push(`the end of ${callId} was acknowledged: ${row.ends} there`);
  }
  return faults;
}

/** Waits until all events are sealed, and says what is wrong with the log: gaps, or leaves without their event. */
export async function examineLog(query: Query): Promise<string[]> {
  for (let tries = 0; ; tries += 1) {
    const [row] = await query<{
      events: string;
      leaves: string;
      last: string | null;
      missing: string;
      sealed: string | null;
    }>(`
      SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM log_leaves) AS leaves,
             (SELECT max(leaf_index) FROM log_leaves) AS last, (SELECT max(tree_size) FROM log_checkpoints) AS sealed,
             (SELECT count(*) FROM events e WHERE NOT EXISTS (SELECT FROM log_leaves l WHERE l.tenant_id = e.tenant_id AND l.event_id = e.id)) AS missing`);
    const [events, leaves, last, missing, sealed] = [
      row!.events,
      row!.leaves,
      row!.last ?? -1,
      row!.missing,
      row!.sealed ?? 0,
    ].map(Number) as [number, number, number, number, number];
    if (missing === 0 && sealed === leaves) {
      if (leaves !== last + 1 || leaves !== events)
        return [`the log has a gap: ${events} events, ${leaves} leaves, the last at ${last}`];
      return [];
    }
    if (tries === SEALED_TRIES)
      return [`${missing} of ${events} events were not sealed; ${sealed} of ${leaves} leaves are under a checkpoint`];
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The log's checkpoint now, its signature checked by the service's published keys. */
export async function readCheckpoint(url: string): Promise<Checkpoint> {
  const get = async (path: string): Promise<Response> => {
    const response = await fetch(url + path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return response;
  };
  const { keys } = (await (await get('/.well-known/jwks.json')).json()) as { keys: { x: string }[] };
  return openCheckpoint(
    await (await get('/log/checkpoint')).text(),
    keys.map(({ x }) => Buffer.from(x, 'base64url')),
  );
}

/** Whether the log of now goes on from a checkpoint that was kept (RFC 6962, 2.1.2). */
export async function goesOn(url: string, kept: Checkpoint): Promise<boolean> {
  const now = await readCheckpoint(url);
  if (now.size < kept.size) return false;
  if (kept.size === 0) return true;
  if (now.size === kept.size) return now.root.equals(kept.root);
  const response = await fetch(`${url}/log/consistency?first=${kept.size}&second=${now.size}`);
  if (!response.ok) throw new Error(`/log/consistency: ${response.status} ${await response.text()}`);
  const { proof } = (await response.json()) as { proof: string[] };
  const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
  return verifyConsistency(kept.size, now.size, kept.root, now.root, hashes);
}
