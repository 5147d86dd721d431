import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD, DiscoveryModule } from '@nestjs/core';
import { AccessTokenVerifier } from './access-token.verifier.js';
import type { AccessTokenVerifierOptions, TenantIssuer } from './access-token.verifier.js';
import { AuthGuard } from './auth.guard.js';
import { developmentIssuerUrl } from './issuer/addresses.js';
import { RouteAudit } from './route-audit.js';

export interface AuthModuleOptions extends AccessTokenVerifierOptions {
  readonly tenants: readonly TenantIssuer[];
  /**
   * Tenants whose issuer is the embedded one have their keys fetched at `loopbackUrl`, because the process may not
   * reach its own public address. A function where the port is known only once the service listens.
   */
  readonly embeddedIssuer?: { readonly publicUrl: string; readonly loopbackUrl: string | (() => string) };
}

/** Access tokens, and a guard on every route of the application: denied unless declared. */
@Module({})
export class AuthModule {
  /** @throws Error for tenants that `AccessTokenVerifier` refuses */
  static register({ tenants, embeddedIssuer, ...options }: AuthModuleOptions): DynamicModule {
    const withKeys = tenants.map((tenant): TenantIssuer => {
      if (!embeddedIssuer || tenant.issuer !== developmentIssuerUrl(embeddedIssuer.publicUrl, tenant.id)) return tenant;
      const { loopbackUrl } = embeddedIssuer;
      return { ...tenant, jwksUri: () => `${developmentIssuerUrl(typeof loopbackUrl === 'string' ? loopbackUrl : loopbackUrl(), tenant.id)}/jwks` };
    });
    return {
      module: AuthModule,
      imports: [DiscoveryModule],
      providers: [
        { provide: AccessTokenVerifier, useFactory: () => new AccessTokenVerifier(withKeys, options) },
        { provide: APP_GUARD, useClass: AuthGuard },
        RouteAudit,
      ],
      exports: [AccessTokenVerifier],
    };
  }
}
