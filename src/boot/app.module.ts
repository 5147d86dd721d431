import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import type { Logger } from 'pino';
import { weightsOnDemand } from '../readers/uk-modulus-files.js';
import { AgentDeskModule } from '../agent-desk/agent-desk.module.js';
import { AuthModule } from '../http/access/auth.module.js';
import { ClaimsModule } from '../claims/claims.module.js';
import { CoverageModule } from '../call-records/coverage.module.js';
import { CallbacksModule } from '../callbacks/callbacks.module.js';
import { CallsModule } from '../calls/calls.module.js';
import { ChangesModule } from '../changes/changes.module.js';
import type { Config } from '../config/config.js';
import { TenantRegistry } from '../config/tenant-registry.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { CustomersModule } from '../customers/customers.module.js';
import { countOpenStreams } from '../events/open-streams.js';
import { EventsModule } from '../events/events.module.js';
import { LinesModule } from '../lines/lines.module.js';
import { CamaraNumberSignals } from '../number-signals/camara-number-signals.js';
import { NoticesModule } from '../notices/notices.module.js';
import { NoNumberSignals } from '../number-signals/number-signals.js';
import { ConfirmationOfPayee } from '../payee-checks/confirmation-of-payee.js';
import { NoPayeeCheck } from '../payee-checks/payee-check.js';
import { CrossOrigin } from '../http/cross-origin.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import { replicaOf } from './connection-room.js';
import { DownloadsModule } from '../http/downloads/downloads.module.js';
import { EgressGuard } from '../outbound/egress-guard.js';
import { MeController } from '../http/access/me.controller.js';
import { MayDo } from '../http/access/may-do.js';
import { HealthController } from '../http/health.controller.js';
import { SpentDpopProofs } from '../http/access/spent-dpop-proofs.js';
import { RateLimits } from '../http/limits/rate-limits.js';
import { TenantRateGuard } from '../http/limits/tenant-rate.guard.js';
import { TenantRates } from '../http/limits/tenant-rates.js';
import { OldKeys } from '../http/idempotency/old-keys.js';
import { MOST_JOB_CONNECTIONS } from '../database/job-schema.js';
import { Jobs } from '../database/jobs.js';
import { Metrics } from '../observability/metrics.js';
import { ProblemsController } from '../http/problems.controller.js';
import { dated, outbound } from './outside-apis.js';
import { PROVIDED } from '../config/provided.js';
import { DatabaseRoom } from '../observability/database-room.js';
import { Readiness } from '../observability/readiness.js';
import { LoadShedding } from '../http/load/load-shedding.js';
import { UnderWayGuard } from '../http/load/under-way.guard.js';
import { UnreadBodyGuard } from '../http/unread-body.guard.js';
import { WelcomeController } from '../http/welcome.controller.js';
import { PagesModule } from '../pages/pages.module.js';
import { PushModule } from '../push/push.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { TextsModule } from '../texts/texts.module.js';
import { ReferencesModule } from '../references/references.module.js';
import { ReportsModule } from '../reports/reports.module.js';
import { KeyWatch } from './key-watch.js';
import { configuredTenants } from './tenants/at-start.js';
import { tenantProviders } from './tenants/providers.js';
import { TenantWatch } from './tenants/watch.js';
import { loadKeys, type LoadedKeys } from './master-key.js';
import { onceItTakesConnections } from './service-database.js';
import type { Siblings } from './siblings.js';
import { signerOf } from './signer.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { TransparencyModule } from '../transparency/transparency.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';

export interface AppOptions {
  readonly config: Config;
  /** All that there are; those of the configuration, where nothing else is said. */
  readonly tenants?: TenantRegistry;
  readonly serviceDatabaseUrl: string;
  readonly logger: Logger;
  /** Whether this process does background work, whatever WORKERS says. */
  readonly work?: boolean;
  readonly siblings?: Siblings;
  /** Most connections of background work. */
  readonly jobConnections?: number;
  /** Whether all tenants have the same connections, which are so many in all as the configuration says of each. */
  readonly areShared?: boolean;
  /** The same of those to the replica. */
  readonly replicaIsShared?: boolean;
  /** Which pages of other origins may ask; none where nobody is served. */
  readonly crossOrigin?: CrossOrigin;
}

type Assembled = AppOptions & { readonly tenants: TenantRegistry };

const LOADED_KEYS = Symbol('keys of the database');

@Global()
@Module({})
class PlatformModule {
  static register(options: Assembled): DynamicModule {
    return {
      module: PlatformModule,
      controllers: [HealthController, ProblemsController, MeController, WelcomeController],
      imports: [DiscoveryModule],
      providers: [
        ...providersOf(options),
        Upkeep,
        Sweeps,
        MayDo,
        Clock,
        Readiness,
        Databases,
        ReplicaReads,
        Jobs,
        OldKeys,
        SpentDpopProofs,
        DatabaseRoom,
        RateLimits,
        TenantRates,
      ],
      exports: [
        PROVIDED.deliveryLimits,
        PROVIDED.logHold,
        PROVIDED.mostConnections,
        PROVIDED.pages,
        PROVIDED.push,
        PROVIDED.rateLimits,
        PROVIDED.requestsUnderWay,
        PROVIDED.relyingParties,
        PROVIDED.serverKeys,
        PROVIDED.logger,
        PROVIDED.publicUrl,
        PROVIDED.tracedTenants,
        PROVIDED.modulusWeights,
        PROVIDED.numberSignals,
        PROVIDED.payeeCheck,
        Clock,
        CrossOrigin,
        Databases,
        EgressGuard,
        Jobs,
        Metrics,
        RateLimits,
        Readiness,
        ReplicaReads,
        Sweeps,
        TenantRates,
        TenantRegistry,
        Upkeep,
      ],
    };
  }
}

function providersOf(options: Assembled): Provider[] {
  const { config, serviceDatabaseUrl, logger, replicaIsShared = false } = options;
  return [
    ...tenantProviders(options),
    {
      provide: PROVIDED.replica,
      useValue: options.work ? null : replicaOf(config, serviceDatabaseUrl, replicaIsShared),
    },
    ...keyProviders(options),
    { provide: PROVIDED.publicUrl, useValue: config.publicUrl },
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
        work: options.work ?? config.workInProcess,
        concurrency: config.workerConcurrency,
        connections: options.jobConnections ?? MOST_JOB_CONNECTIONS,
      },
    },
    { provide: PROVIDED.deliveryLimits, useValue: { attemptMs: config.webhookTimeoutSeconds * 1_000 } },
    { provide: PROVIDED.logHold, useValue: { alertSeconds: config.eventsHeldAlertSeconds } },
    { provide: CrossOrigin, useValue: options.crossOrigin ?? new CrossOrigin(null) },
    { provide: PROVIDED.push, useValue: config.push },
    { provide: PROVIDED.mostConnections, useValue: config.maxConnections },
    { provide: PROVIDED.requestsUnderWay, useValue: config.requestsUnderWay },
    {
      provide: EgressGuard,
      useFactory: () => new EgressGuard({ allow: config.egressAllow, allowHttp: !config.production }),
    },
    { provide: Metrics, useFactory: () => new Metrics(countOpenStreams, options.siblings) },
  ];
}

/** The service's keys, as the database names them, and what keeps up with that. */
function keyProviders({ config, serviceDatabaseUrl, logger, tenants }: Assembled): Provider[] {
  const tenantIds = tenants.all().map(({ id }) => id);
  return [
    {
      provide: LOADED_KEYS,
      useFactory: () => onceItTakesConnections(logger, () => loadKeys(serviceDatabaseUrl, config, tenantIds)),
    },
    {
      provide: PROVIDED.serverKeys,
      useFactory: ({ ring }: LoadedKeys): KeyRing => ring,
      inject: [LOADED_KEYS],
    },
    {
      provide: KeyWatch,
      useFactory: (databases: Databases, upkeep: Upkeep, loaded: LoadedKeys) =>
        new KeyWatch(databases, upkeep, loaded, config),
      inject: [Databases, Upkeep, LOADED_KEYS],
    },
    {
      provide: TenantWatch,
      useFactory: (databases: Databases, upkeep: Upkeep, metrics: Metrics) =>
        new TenantWatch({ databases, upkeep, metrics, tenants, config, logger }),
      inject: [Databases, Upkeep, Metrics],
    },
  ];
}

/** Rules of HTTP that come after it is known who asks. */
@Module({})
class RequestRulesModule {
  static register(auth: DynamicModule): DynamicModule {
    return {
      module: RequestRulesModule,
      imports: [auth],
      providers: [
        LoadShedding,
        { provide: APP_GUARD, useClass: UnreadBodyGuard },
        { provide: APP_GUARD, useClass: TenantRateGuard },
        { provide: APP_GUARD, useClass: UnderWayGuard },
      ],
    };
  }
}

/** The composition root. */
@Module({})
export class AppModule {
  static register(given: AppOptions): DynamicModule {
    const { config, tenants = configuredTenants(config) } = given;
    const options: Assembled = { ...given, tenants };
    const auth = AuthModule.register({
      tenants,
      allowHttp: !config.production,
      proofs: { publicUrl: config.publicUrl, certificateProxies: config.certificateProxies ?? [] },
      ...(config.developmentIssuer
        ? { embeddedIssuer: { publicUrl: config.publicUrl, dataDirectory: config.dataDirectory } }
        : {}),
    });
    return {
      module: AppModule,
      imports: [
        PlatformModule.register(options),
        auth,
        RequestRulesModule.register(auth),
        DownloadsModule,
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
        PagesModule,
        AgentDeskModule,
        TextsModule,
        WebhooksModule,
        PushModule,
        ClaimsModule,
        TransparencyModule.register({
          signer: signerOf(config),
          publicUrl: config.publicUrl,
          witnessUrl: config.witnessUrl,
        }),
      ],
    };
  }
}
