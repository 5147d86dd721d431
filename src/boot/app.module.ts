import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { Logger } from 'pino';
import { weightsOnDemand } from '../readers/uk-modulus-files.js';
import { AuthModule } from '../http/access/auth.module.js';
import { CoverageModule } from '../call-records/coverage.module.js';
import { CallbacksModule } from '../callbacks/callbacks.module.js';
import { CallsModule } from '../calls/calls.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import type { Config } from '../config/config.js';
import type { OutboundApiConfig } from '../config/config-validators.js';
import { deriveServerKeys } from '../crypto/server-keys.js';
import { CustomersModule } from '../customers/customers.module.js';
import { countOpenStreams } from '../events/event-stream.js';
import { EventsModule } from '../events/events.module.js';
import { Lags } from './lags.js';
import { LinesModule } from '../lines/lines.module.js';
import { CamaraNumberSignals } from '../number-signals/camara-number-signals.js';
import { LogOrder } from './log-order.js';
import { NoticesModule } from '../notices/notices.module.js';
import { NoNumberSignals } from '../number-signals/number-signals.js';
import { ConfirmationOfPayee } from '../payee-checks/confirmation-of-payee.js';
import { NoPayeeCheck } from '../payee-checks/payee-check.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { EgressGuard } from '../outbound/egress-guard.js';
import { HealthController } from '../http/health.controller.js';
import { MOST_JOB_CONNECTIONS } from '../database/job-schema.js';
import { Jobs } from '../database/jobs.js';
import { Metrics } from '../observability/metrics.js';
import { ProblemsController } from '../http/problems.controller.js';
import type { OutboundApiOptions } from '../outbound/outbound-api.js';
import { PROVIDED } from '../config/provided.js';
import { Readiness } from '../observability/readiness.js';
import { UnreadBodyGuard } from '../http/unread-body.guard.js';
import { PolicyModule } from '../policy/policy.module.js';
import { ReferencesModule } from '../references/references.module.js';
import { ReportsModule } from '../reports/reports.module.js';
import { Retention } from './retention.js';
import type { Siblings } from './siblings.js';
import { Sweeper } from './sweeper.js';
import { type CheckpointSigner, LocalSigner } from '../transparency/checkpoint-signer.js';
import { CommandSigner } from '../transparency/command-signer.js';
import { TransparencyModule } from '../transparency/transparency.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';

export interface AppOptions {
  readonly config: Config;
  readonly serviceDatabaseUrl: string;
  readonly logger: Logger;
  /** Whether this process does background work, whatever WORKERS says. */
  readonly work?: boolean;
  readonly siblings?: Siblings;
  /** Most connections of background work. */
  readonly jobConnections?: number;
}

@Global()
@Module({})
class PlatformModule {
  static register(options: AppOptions): DynamicModule {
    const { config, serviceDatabaseUrl, logger } = options;
    const databases = {
      serviceUrl: serviceDatabaseUrl,
      tenantIds: config.tenants.map((tenant) => tenant.id),
      sharedConnections: config.sharedConnections,
      writeConnections: config.writeConnections,
      pooledConnections: config.pooledConnections,
    };
    return {
      module: PlatformModule,
      controllers: [HealthController, ProblemsController],
      providers: [
        { provide: PROVIDED.databases, useValue: databases },
        { provide: PROVIDED.serverKeys, useValue: deriveServerKeys(config.masterKey) },
        { provide: PROVIDED.logger, useValue: logger },
        { provide: PROVIDED.modulusWeights, useFactory: () => weightsOnDemand(config.modulusTablesDirectory) },
        {
          provide: PROVIDED.numberSignals,
          useFactory: dated(
            config.numberSignals
              ? new CamaraNumberSignals(outbound(options, 'number signals', config.numberSignals))
              : new NoNumberSignals(),
          ),
          inject: [Clock],
        },
        {
          provide: PROVIDED.payeeCheck,
          useFactory: dated(
            config.payeeCheck
              ? new ConfirmationOfPayee(outbound(options, 'payee check', config.payeeCheck))
              : new NoPayeeCheck(),
          ),
          inject: [Clock],
        },
        {
          provide: PROVIDED.jobs,
          useValue: {
            serviceUrl: serviceDatabaseUrl,
            work: options.work ?? config.workInProcess,
            concurrency: config.workerConcurrency,
            connections: options.jobConnections ?? MOST_JOB_CONNECTIONS,
          },
        },
        { provide: PROVIDED.deliveryLimits, useValue: { attemptMs: config.webhookTimeoutSeconds * 1_000 } },
        { provide: PROVIDED.logHold, useValue: { alertSeconds: config.eventsHeldAlertSeconds } },
        {
          provide: EgressGuard,
          useFactory: () => new EgressGuard({ allow: config.egressAllow, allowHttp: !config.production }),
        },
        { provide: Metrics, useFactory: () => new Metrics(countOpenStreams, options.siblings) },
        Clock,
        Readiness,
        Databases,
        Jobs,
      ],
      exports: [
        PROVIDED.deliveryLimits,
        PROVIDED.logHold,
        PROVIDED.serverKeys,
        PROVIDED.logger,
        PROVIDED.modulusWeights,
        PROVIDED.numberSignals,
        PROVIDED.payeeCheck,
        Clock,
        Databases,
        EgressGuard,
        Jobs,
        Metrics,
        Readiness,
      ],
    };
  }
}

/** Rules of HTTP that come after it is known who asks. */
@Module({ providers: [{ provide: APP_GUARD, useClass: UnreadBodyGuard }] })
class RequestRulesModule {}

/** Somebody else's API gets two seconds, and https only in production. Its failures are logged without what was sent. */
function outbound({ config, logger }: AppOptions, what: string, api: OutboundApiConfig): OutboundApiOptions {
  return {
    ...api,
    timeLimitMs: 2_000,
    allowLoopbackHttp: !config.production,
    onFailure: (failure) => logger.warn({ what, message: failure.message }, 'an outside check could not be made'),
  };
}

/** What was found out elsewhere is dated by the database's clock, as what is decided by it. */
function dated<Asked, Result extends { checkedAt: string }>(inner: {
  check(asked: Asked): Promise<Result>;
}): (clock: Clock) => { check(asked: Asked): Promise<Result> } {
  return (clock) => ({
    check: async (asked) => ({ ...(await inner.check(asked)), checkedAt: clock.date().toISOString() }),
  });
}

/** A signing program has three seconds: a transaction waits for it, which the database ends after ten. */
function signerOf({ signing }: Config): CheckpointSigner {
  return 'key' in signing ? new LocalSigner(signing.key) : new CommandSigner({ ...signing, timeLimitMs: 3_000 });
}

/** The composition root. */
@Module({})
export class AppModule {
  static register(options: AppOptions): DynamicModule {
    const { config } = options;
    return {
      module: AppModule,
      imports: [
        PlatformModule.register(options),
        AuthModule.register({
          tenants: [...config.tenants],
          allowHttp: !config.production,
          ...(config.developmentIssuer
            ? { embeddedIssuer: { publicUrl: config.publicUrl, dataDirectory: config.dataDirectory } }
            : {}),
        }),
        RequestRulesModule,
        PolicyModule,
        CustomersModule,
        LinesModule,
        EventsModule,
        VerificationsModule,
        CallsModule,
        CallbacksModule,
        ChangesModule,
        CoverageModule,
        NoticesModule,
        ReportsModule,
        ReferencesModule,
        WebhooksModule,
        TransparencyModule.register({
          signer: signerOf(config),
          publicUrl: config.publicUrl,
          tenantIds: config.tenants.map((tenant) => tenant.id),
          witnessUrl: config.witnessUrl,
        }),
      ],
      providers: [LogOrder, Retention, Sweeper, Lags],
    };
  }
}
