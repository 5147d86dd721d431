import type { Socket } from 'node:net';
import pg from 'pg';
import type { DatabaseHost } from './hosts.js';

/** Says to which host a connection goes, and hears of it. */
export interface HostChoice {
  /** Whether a host may be a standby, which is then refused. */
  readonly refusesStandbys: boolean;
  /** Null where there is only one. @throws where there is none to go to. */
  choose(client: PrimaryClient): Promise<DatabaseHost | null>;
  /** What was chosen for it turned out to be no primary. */
  mistaken(client: PrimaryClient): void;
}

export interface PrimaryClientConfig extends pg.ClientConfig {
  readonly primary?: HostChoice | undefined;
}

/** A host turned out to be a standby, or the connection was no longer wanted when it was open. */
export class NotAPrimary extends Error {
  override readonly name = 'NotAPrimary';
  constructor() {
    super('timeout expired');
  }
}

/** A connection to whichever host is the primary when it is opened. */
export class PrimaryClient extends pg.Client {
  private readonly choice: HostChoice | undefined;
  private isStandby = false;
  private isOpening = false;

  constructor(config: PrimaryClientConfig) {
    super(config);
    this.choice = config.primary;
  }

  /** Whether it waits for something from its host: to be let in, or an answer. */
  get isWaiting(): boolean {
    return this.isOpening || (this as unknown as { readyForQuery?: boolean }).readyForQuery === false;
  }

  /** How much has come from its host. */
  get heardBytes(): number {
    return (this.connection.stream as Socket).bytesRead;
  }

  /** Ends it at once, and with it all that was asked on it. */
  cut(): void {
    this.connection.stream.destroy();
  }

  override connect(): Promise<PrimaryClient>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<PrimaryClient> | undefined {
    const opened = this.choice ? this.openAt(this.choice) : super.connect().then(() => this);
    if (!callback) return opened as Promise<PrimaryClient>;
    // Not called from within the promise, which would take what it throws.
    opened.then(
      () => process.nextTick(callback, null),
      (error: Error) => process.nextTick(callback, error),
    );
    return undefined;
  }

  private async openAt(choice: HostChoice): Promise<this> {
    const host = await choice.choose(this);
    if (this.connection.stream.destroyed) throw new NotAPrimary();
    if (host !== null) {
      this.host = host.host;
      this.port = host.port;
    }
    // Since PostgreSQL 14 each server says so as it lets somebody in.
    this.connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
      if (message.parameterName === 'in_hot_standby') this.isStandby = message.parameterValue === 'on';
    });
    this.isOpening = true;
    try {
      await super.connect();
    } finally {
      this.isOpening = false;
    }
    if (!this.isStandby || !choice.refusesStandbys) return this;
    this.cut();
    choice.mistaken(this);
    throw new NotAPrimary();
  }
}
