import { Problem } from '../http/problem.js';
import { mayOpenStream, type StreamRoom } from './stream-shares.policy.js';

const FULL_RETRY_SECONDS = 5;

/** A stream to somebody who reads it. */
export interface OpenStream {
  /** Ends it; a reader that does not read is cut. */
  end(): void;
}

/** In this process. */
let count = 0;

export interface OpenStreamsOptions {
  readonly room: () => StreamRoom;
  readonly isServed: (tenantId: string) => boolean;
  /** Told of each that was refused because its tenant has its share. */
  readonly refused: () => void;
}

/** The streams that are open at one service. */
export class OpenStreams {
  private readonly streams = new Set<OpenStream>();
  private readonly byTenant = new Map<string, Set<OpenStream>>();
  private ended = false;

  constructor(private readonly options: OpenStreamsOptions) {}

  add(stream: OpenStream, tenantId: string): void {
    this.streams.add(stream);
    this.byTenant.set(tenantId, (this.byTenant.get(tenantId) ?? new Set()).add(stream));
    count += 1;
  }

  delete(stream: OpenStream, tenantId: string): void {
    if (!this.streams.delete(stream)) return;
    this.byTenant.get(tenantId)?.delete(stream);
    if (this.openOf(tenantId) === 0) this.byTenant.delete(tenantId);
    count -= 1;
  }

  private openOf(tenantId: string): number {
    return this.byTenant.get(tenantId)?.size ?? 0;
  }

  /** Ends every stream and lets none be opened, so that a draining server can close; clients reconnect elsewhere and resume. */
  end(): void {
    this.ended = true;
    for (const stream of this.streams) stream.end();
  }

  /** Ends those of one tenant, of which something is other than when they were opened. */
  endOf(tenantId: string): void {
    for (const stream of this.byTenant.get(tenantId) ?? []) stream.end();
  }

  /** @throws Problem 403 for a tenant that is suspended; 503: a client that comes back at once would come to a server that waits for it to go. */
  refuseWhereEnded(tenantId: string): void {
    if (!this.options.isServed(tenantId)) throw new Problem('tenant-suspended');
    if (this.ended)
      throw new Problem('temporarily-unavailable', {
        detail: 'This server is stopping.',
        headers: { 'retry-after': '1', connection: 'close' },
      });
  }

  /** @throws Problem 503 `overloaded` */
  refuseWhereFull(tenantId: string): void {
    if (mayOpenStream({ own: this.openOf(tenantId), all: this.streams.size }, this.options.room())) return;
    this.options.refused();
    throw new Problem('overloaded', { retryAfterSeconds: FULL_RETRY_SECONDS });
  }
}

export function countOpenStreams(): number {
  return count;
}
