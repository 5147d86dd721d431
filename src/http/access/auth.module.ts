import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import type { Logger } from 'pino';
import type { KeyRing } from '../../crypto/key-ring.js';
import { Clock } from '../../database/clock.js';
import { Databases } from '../../database/databases.js';
import { Metrics } from '../../observability/metrics.js';
import { PROVIDED } from '../../config/provided.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { AccessTokenVerifier } from './access-token.verifier.js';
import type { AccessTokenVerifierOptions, TenantIssuer } from './access-token.verifier.js';
import { AuthGuard } from './auth.guard.js';
import { Possession, type PossessionOptions } from './possession.js';
import { developmentIssuerUrl } from './issuer/addresses.js';
import { readKeySet } from './issuer/issuer-file.js';
import { IssuersController } from './issuers.controller.js';
import { RouteAudit } from './route-audit.js';

export interface AuthModuleOptions extends AccessTokenVerifierOptions {
  /** Whose tokens are taken, at any time. */
  readonly tenants: TenantRegistry;
  /** Without it, tokens that are bound to a key or a certificate are refused. */
  readonly proofs?: Pick<PossessionOptions, 'publicUrl' | 'certificateProxies'>;
  /**
   * Tenants whose issuer is the embedded one have their keys read where it keeps them: the process may not reach its own
   * public address, and to ask itself would make the first verdict after a start wait for the issuer to be loaded.
   */
  readonly embeddedIssuer?: { readonly publicUrl: string; readonly dataDirectory: string };
}

/** How often a failure of one tenant's issuer is told, while it lasts. */
const TELL_EVERY_MS = 60_000;

/** Access tokens, and a guard on every route of the application: denied unless declared. */
@Module({})
export class AuthModule {
  /** @throws Error for tenants that `AccessTokenVerifier` refuses */
  static register({ tenants, embeddedIssuer, proofs, ...options }: AuthModuleOptions): DynamicModule {
    const withKeys = (): TenantIssuer[] => tenants.all().map(withKeySet);
    const withKeySet = (tenant: TenantIssuer): TenantIssuer => {
      if (!embeddedIssuer || tenant.issuer !== developmentIssuerUrl(embeddedIssuer.publicUrl, tenant.id)) return tenant;
      return { ...tenant, keySet: () => readKeySet(embeddedIssuer.dataDirectory, tenant.id) };
    };
    const verifier = (clock?: Clock, metrics?: Metrics, logger?: Logger): AccessTokenVerifier => {
      const made = new AccessTokenVerifier(withKeys(), {
        ...options,
        ...(clock ? { now: () => clock.milliseconds() } : {}),
        ...(logger ? { onKeysMissing: tellNowAndThen(logger) } : {}),
      });
      tenants.onChange(() => made.replace(withKeys()));
      metrics?.measure(
        {
          name: 'countersign_issuer_keys_age_seconds',
          help: 'Since when the keys of the issuer that answered longest ago are in use; 600 and its tokens are refused.',
          labelNames: [],
        },
        () => Promise.resolve([{ labels: {}, value: made.oldestKeysMs() / 1_000 }]),
      );
      return made;
    };
    return {
      module: AuthModule,
      imports: [DiscoveryModule],
      controllers: [IssuersController],
      providers: [
        { provide: TenantRegistry, useValue: tenants },
        {
          provide: AccessTokenVerifier,
          useFactory: verifier,
          inject: [Clock, Metrics, PROVIDED.logger].map((token) => ({ token, optional: true })),
        },
        {
          provide: Possession,
          useFactory: (databases?: Databases, keys?: KeyRing, clock?: Clock): Possession | undefined =>
            databases && keys && clock && proofs
              ? new Possession({
                  ...proofs,
                  databases,
                  nonceKeys: () => keys.each(({ dpopNonce }) => dpopNonce),
                  now: () => clock.milliseconds(),
                })
              : undefined,
          inject: [Databases, PROVIDED.serverKeys, Clock].map((token) => ({ token, optional: true })),
        },
        { provide: APP_GUARD, useClass: AuthGuard },
        RouteAudit,
      ],
      exports: [AccessTokenVerifier],
    };
  }
}

function tellNowAndThen(logger: Logger): NonNullable<AccessTokenVerifierOptions['onKeysMissing']> {
  const toldAt = new Map<string, number>();
  return (tenant, { cause }) => {
    const now = performance.now();
    if (now - (toldAt.get(tenant) ?? -Infinity) < TELL_EVERY_MS) return;
    toldAt.set(tenant, now);
    logger.warn(
      { tenant, why: (cause as Error).message },
      'the keys of an issuer cannot be fetched; those at hand are used until they are ten minutes old',
    );
  };
}
