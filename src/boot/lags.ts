import { Injectable, type OnModuleInit } from '@nestjs/common';
import { readConsumerLags } from '../events/relay.store.js';
import { Databases } from '../database/databases.js';
import { Metrics } from '../observability/metrics.js';
import { readUnsealedAge } from '../transparency/log.store.js';

/** Tells Prometheus how far what is derived from the event log is behind it: of all tenants the one that waits longest. */
@Injectable()
export class Lags implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.metrics.measure(
      {
        name: 'countersign_unsealed_seconds',
        help: 'For how long the oldest event has waited that is under no checkpoint yet.',
        labelNames: [],
      },
      async () => {
        const ages = await Promise.all([...this.databases.all()].map(readUnsealedAge));
        return [{ labels: {}, value: Math.max(0, ...ages) }];
      },
    );
    this.metrics.measure(
      {
        name: 'countersign_relay_lag_seconds',
        help: 'For how long the oldest event has waited that a consumer of the event log was not given yet.',
        labelNames: ['consumer'],
      },
      async () => {
        const longest = new Map<string, number>();
        const lags = (await Promise.all([...this.databases.all()].map(readConsumerLags))).flat();
        for (const { name, seconds } of lags) longest.set(name, Math.max(seconds, longest.get(name) ?? 0));
        return [...longest].map(([consumer, value]) => ({ labels: { consumer }, value }));
      },
    );
  }
}
