import { Injectable } from '@nestjs/common';
import { consistencyRanges, hashOfNodes, inclusionRanges } from '../crypto/merkle-tree.js';
import { Databases } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import { fromTypeId } from '../ids/ids.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { type CheckpointRow, findLeafOfEvent, readEdge, readLastCheckpoint, readNodes } from './log.store.js';
import { readProof } from './log-seal.js';

export interface InclusionProof {
  readonly leaf: number;
  readonly leafHash: string;
  readonly treeSize: number;
  readonly rootHash: string;
  readonly proof: readonly string[];
}

export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: string;
  readonly secondRoot: string;
  readonly proof: readonly string[];
}

interface InclusionQuery {
  readonly tenant?: string;
  readonly leaf?: number;
  readonly event?: string;
  readonly treeSize?: number;
}

/** Reads each tenant's log for anybody who asks: it shows hashes and numbers, and no event. */
@Injectable()
export class LogService {
  constructor(
    private readonly databases: Databases,
    private readonly replica: ReplicaReads,
  ) {}

  /** The newest checkpoint as a signed note. @throws Refusal 404 for a tenant that is none, 503 in the first moment of its log. */
  async checkpoint(tenant: string | undefined): Promise<string> {
    return (await this.lastCheckpoint(this.logOf(tenant))).note;
  }

  /**
   * The proof that a leaf is in the tree of a size, by default that of the newest checkpoint.
   * @throws Refusal 400 for a size that is not signed yet, 404 for a leaf that is not in that tree.
   */
  async inclusion(query: InclusionQuery): Promise<InclusionProof> {
    const db = this.logOf(query.tenant);
    const treeSize = await this.sizeWithin(db, query.treeSize, '#/tree_size');
    const prove = (handle: TenantHandle): Promise<InclusionProof> => this.prove(handle, query, treeSize);
    return this.replica.read(db, 'getInclusionProof', prove, () => prove(db));
  }

  private async prove(db: TenantHandle, query: InclusionQuery, treeSize: number): Promise<InclusionProof> {
    const leaf = query.leaf ?? (await this.leafOfEvent(db, query.event));
    if (leaf === null || leaf >= treeSize) throw new Refusal('not-found');
    const [[leafHash], root, proof] = await Promise.all([
      readNodes(db, [{ level: 0, index: leaf }]),
      readEdge(db, treeSize),
      readProof(db, inclusionRanges(leaf, treeSize)),
    ]);
    return {
      leaf,
      leafHash: base64(leafHash!),
      treeSize,
      rootHash: base64(hashOfNodes(root)),
      proof: proof.map(base64),
    };
  }

  /** The proof that the second tree has the first as its beginning. @throws Refusal 400 for sizes that are not signed yet or not in order. */
  async consistency(query: { tenant?: string; first: number; second?: number }): Promise<ConsistencyProof> {
    const db = this.logOf(query.tenant);
    const second = await this.sizeWithin(db, query.second, '#/second');
    if (query.first > second) throw invalidField('#/first', 'must be a size up to the second');
    const prove = (handle: TenantHandle): Promise<ConsistencyProof> => this.proveGrowth(handle, query.first, second);
    return this.replica.read(db, 'getConsistencyProof', prove, () => prove(db));
  }

  private async proveGrowth(db: TenantHandle, first: number, second: number): Promise<ConsistencyProof> {
    const [firstRoot, secondRoot, proof] = await Promise.all([
      readEdge(db, first),
      readEdge(db, second),
      readProof(db, consistencyRanges(first, second)),
    ]);
    return {
      first,
      second,
      firstRoot: base64(hashOfNodes(firstRoot)),
      secondRoot: base64(hashOfNodes(secondRoot)),
      proof: proof.map(base64),
    };
  }

  private logOf(tenant: string | undefined): TenantDatabase {
    if (tenant === undefined) return this.databases.allKept()[0]!;
    if (!this.databases.has(tenant)) throw new Refusal('not-found');
    return this.databases.keptOf(tenant);
  }

  private async lastCheckpoint(db: TenantDatabase): Promise<CheckpointRow> {
    const row = await readLastCheckpoint(db);
    if (!row) throw new Refusal('temporarily-unavailable', { retryAfterSeconds: 1 });
    return row;
  }

  private async sizeWithin(db: TenantDatabase, size: number | undefined, pointer: string): Promise<number> {
    const last = (await this.lastCheckpoint(db)).size;
    if (size !== undefined && size > last)
      throw invalidField(pointer, 'must be a size up to that of the newest checkpoint');
    return size ?? last;
  }

  private async leafOfEvent(db: TenantHandle, event: string | undefined): Promise<number | null> {
    if (event === undefined) throw invalidField('#/leaf', 'leaf or event is needed');
    const id = fromTypeId('evt', event);
    return id === null ? null : findLeafOfEvent(db, id);
  }
}

function base64(hash: Buffer): string {
  return hash.toString('base64');
}
