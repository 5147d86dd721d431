import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { consistencyRanges } from '../crypto/merkle-tree.js';
import { EgressFailed, EgressGuard } from '../outbound/egress-guard.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import { keepWitnessed, readLastCheckpoint, readWitnessed } from './log.store.js';
import { readProof } from './log-seal.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';

const TIME_LIMIT_MS = 5_000;
const MOST_FIRST_LINE = 100;
/** A witness tells, where it stands elsewhere than we think, and is then asked once more. */
const MOST_TRIES = 2;

/**
 * Pushes checkpoints to an outside witness, so that the log cannot be rewritten unnoticed: by the `add-checkpoint` request
 * of C2SP tlog-witness, with the proof that the log only grew. Best effort; a checkpoint that does not arrive goes with the next.
 */
@Injectable()
export class Witness {
  private readonly pushing = new Set<string>();

  private readonly url: string | undefined;

  constructor(
    @Inject(TRANSPARENCY) { witnessUrl }: TransparencyOptions,
    private readonly egress: EgressGuard,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.url = witnessUrl;
  }

  /** Begins to push the newest checkpoint of the tenant, unless that is under way or the witness has it. */
  push(db: TenantDatabase): void {
    if (this.url === undefined || this.pushing.has(db.tenantId)) return;
    this.pushing.add(db.tenantId);
    this.pushNewest(db, this.url)
      .catch((error: Error) => this.tell(db.tenantId, error))
      .finally(() => this.pushing.delete(db.tenantId));
  }

  private tell(tenant: string, error: Error): void {
    if (error instanceof SplitView) this.logger.error({ tenant, ...error.sizes }, error.message);
    else
      this.logger.warn(
        { tenant, kind: error.name, ...(error instanceof EgressFailed ? { reason: error.reason } : {}) },
        'the checkpoint did not reach the witness; trying again',
      );
  }

  private async pushNewest(db: TenantDatabase, url: string): Promise<void> {
    const checkpoint = await readLastCheckpoint(db);
    let known = await readWitnessed(db, url);
    for (let tries = 0; checkpoint && checkpoint.size > known && tries < MOST_TRIES; tries += 1) {
      const { status, firstLine } = await postToWitness(
        this.egress,
        url,
        await addCheckpointRequest(db, known, checkpoint),
      );
      if (status >= 200 && status < 300) return keepWitnessed(db, url, checkpoint.size);
      if (status === 422) throw new SplitView({ size: checkpoint.size, witnessed: known });
      if (status !== 409 || !/^\d{1,15}$/.test(firstLine)) throw new WitnessRefused();
      known = Number(firstLine);
      if (known >= checkpoint.size) return keepWhatOthersPushed(db, url, checkpoint.size, known);
    }
  }
}

/** Another process may have pushed a newer one meanwhile; it is in the log then. @throws SplitView where it is not. */
async function keepWhatOthersPushed(db: TenantDatabase, url: string, size: number, witnessed: number): Promise<void> {
  const newest = await readLastCheckpoint(db);
  if (newest && witnessed > newest.size) throw new SplitView({ size: newest.size, witnessed });
  await keepWitnessed(db, url, size);
}

/** The witness holds another history of this log. */
class SplitView extends Error {
  override readonly name = 'SplitView';

  constructor(readonly sizes: { readonly size: number; readonly witnessed: number }) {
    super(
      'the witness has seen another history of this log: it was set back to an earlier time, or somebody else serves one under its name; see docs/operations/backup.md',
    );
  }
}

class WitnessRefused extends Error {
  override readonly name = 'WitnessRefused';
}

/** The body of a request (C2SP tlog-witness, "add-checkpoint"): the old size, the consistency proof, and the note. */
async function addCheckpointRequest(
  db: TenantDatabase,
  known: number,
  checkpoint: { size: number; note: string },
): Promise<string> {
  const proof = known === 0 ? [] : await readProof(db, consistencyRanges(known, checkpoint.size));
  return `old ${known}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint.note}`;
}

/** Posts to a witness; the status and the first line of the answer are all that is kept of it. @throws EgressFailed */
export async function postToWitness(
  egress: EgressGuard,
  url: string,
  body: string,
): Promise<{ status: number; firstLine: string }> {
  const { status, beginning } = await egress.post({
    url,
    body,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    totalMs: TIME_LIMIT_MS,
    keepBytes: MOST_FIRST_LINE,
  });
  return { status, firstLine: beginning.toString('latin1').split('\n')[0]!.trim() };
}
