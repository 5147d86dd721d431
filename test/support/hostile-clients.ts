import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

const PAGE_BYTES = 4_096;
const MEGABYTE = 1_048_576;
const SAMPLE_MS = 50;

/** What a process holds of the machine's memory, in megabytes; null once it is gone. */
function residentMegabytes(pid: number): number | null {
  try {
    return (Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES) / MEGABYTE;
  } catch {
    return null;
  }
}

/** The memory of processes over a while. */
export class MemoryWatch {
  private readonly before: ReadonlyMap<number, number>;
  private readonly most = new Map<number, number>();
  private readonly timer = setInterval(() => this.sample(), SAMPLE_MS);

  constructor(pids: readonly number[]) {
    this.before = new Map(pids.map((pid) => [pid, residentMegabytes(pid) ?? 0]));
    this.sample();
  }

  /** By how much the one grew that grew most. @throws Error where one of them is gone */
  stop(): number {
    clearInterval(this.timer);
    this.sample();
    for (const pid of this.before.keys())
      if (residentMegabytes(pid) === null) throw new Error(`process ${pid} is gone`);
    return Math.max(...[...this.before].map(([pid, before]) => this.most.get(pid)! - before));
  }

  private sample(): void {
    for (const pid of this.before.keys())
      this.most.set(pid, Math.max(this.most.get(pid) ?? 0, residentMegabytes(pid) ?? 0));
  }
}

/** Connections that write and never read. */
export class DeafClients {
  readonly sockets: Socket[] = [];
  closed = 0;

  constructor(private readonly serviceUrl: string) {}

  /** Opens one that writes bytes as soon as it may. Resolves once it is open, or refused. */
  open(bytes: string | Buffer = ''): Promise<Socket> {
    return new Promise((resolve) => {
      const { hostname, port } = new URL(this.serviceUrl);
      const socket = connect(Number(port), hostname);
      socket.pause();
      this.sockets.push(socket);
      socket.once('connect', () => {
        if (bytes.length > 0) socket.write(bytes);
        resolve(socket);
      });
      socket.on('error', () => resolve(socket));
      socket.once('close', () => {
        this.closed += 1;
      });
    });
  }

  async openMany(count: number, bytes: string | Buffer = ''): Promise<void> {
    for (let at = 0; at < count; at += 100)
      await Promise.all(Array.from({ length: Math.min(100, count - at) }, () => this.open(bytes)));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.length = 0;
  }
}
