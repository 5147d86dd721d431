/** What a process has for streams, each of which keeps a connection for as long as it is read. */
export interface StreamRoom {
  /** Connections of clients that there may be. */
  readonly most: number;
  readonly tenants: number;
}

/**
 * Whether a tenant may open one more: as long as it has fewer than there is room for besides all that are open. So one has half at most,
 * of k that want all each has a share of k + 1, and the requests of the others find connections. A tenant alone may have all.
 */
export function mayOpenStream(open: { readonly own: number; readonly all: number }, room: StreamRoom): boolean {
  return room.tenants === 1 || open.own < room.most - open.all;
}
