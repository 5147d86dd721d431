import { hash, randomBytes } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROVIDED } from '../../config/provided.js';
import { Databases } from '../../database/databases.js';
import { invalidField, Refusal } from '../../refusals/refusal.js';
import type { Principal, Scope } from '../access/principal.js';
import { ACCESS, type Access } from '../access/scopes.decorator.js';
import { fitsRoute, isNormalPath, linkTo, namesLink, readLink } from './download-path.js';
import { DOWNLOADABLE, LINK_PARAMETER } from './downloadable.js';
import { keepLink, spendLink } from './download-links.store.js';

/** So many links that are still open one subject may have. */
const MOST_OPEN = 100;
const SECRET_BYTES = 32;

interface DownloadableRoute {
  readonly path: string;
  readonly scopes: readonly Scope[];
}

/** Links that open one file, once, without a token: a secret of 256 bits, of which the database has the hash. */
@Injectable()
export class DownloadLinks implements OnModuleInit {
  private routes: readonly DownloadableRoute[] = [];

  constructor(
    private readonly databases: Databases,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    @Inject(PROVIDED.publicUrl) private readonly publicUrl: string,
  ) {}

  onModuleInit(): void {
    this.routes = this.discovery.getControllers().flatMap(({ metatype }) => {
      const prototype = (metatype?.prototype ?? {}) as Record<string, object>;
      return this.scanner
        .getAllMethodNames(prototype)
        .map((name) => prototype[name])
        .filter((handler): handler is object => handler !== undefined && Reflect.hasMetadata(DOWNLOADABLE, handler))
        .map((handler) => ({ path: pathOf(metatype!, handler), scopes: scopesOf(handler) }));
    });
  }

  /**
   * A link to a path that the caller may read, for one minute.
   * @throws Refusal 400 for a path that is not normal, 404 for one that no link opens, 403 without a scope of it, 429 for
   * too many that are open
   */
  async make(caller: Principal, path: string): Promise<{ url: string; expiresAt: Date }> {
    if (!isNormalPath(path))
      throw invalidField('#/path', 'must be a path and query of this API, written as a browser sends it');
    const route = this.routes.find((one) => fitsRoute(path, one.path));
    if (!route) throw new Refusal('not-found', { detail: 'No link opens this path.' });
    if (!route.scopes.some((scope) => caller.scopes.has(scope)))
      throw new Refusal('forbidden', { detail: `This path needs one of the scopes: ${route.scopes.join(' ')}.` });
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const { tenantId, subject, expiresAt: tokenExpiresAt } = caller;
    const expiresAt = await keepLink(this.databases.of(tenantId), {
      secretHash: sha256(secret),
      pathHash: sha256(path),
      subject,
      caller: textOf(caller),
      tokenExpiresAt,
      most: MOST_OPEN,
    });
    if (!expiresAt) throw new Refusal('too-many-requests', { retryAfterSeconds: 60 });
    return { url: `${this.publicUrl}${linkTo(path, tenantId, secret)}`, expiresAt };
  }

  /** Whether a request to a handler comes by a link. */
  isLink({ raw }: FastifyRequest, handler: object): boolean {
    return Reflect.hasMetadata(DOWNLOADABLE, handler) && namesLink(raw.url ?? '');
  }

  /**
   * Spends the link of a request and returns whoever made it, as whom the request goes on: without the link, and as a
   * download whatever it accepts. A HEAD spends nothing.
   * @param sender of the token that the request has as well, who then must be the same
   * @throws Refusal 404, the same for every link that does not open
   */
  async open(request: FastifyRequest, reply: FastifyReply, sender?: Principal): Promise<Principal> {
    const link = readLink(request.raw.url ?? '');
    const database = this.databases.all().find(({ tenantId }) => tenantId === link?.tenantId);
    const isOthers = sender !== undefined && sender.tenantId !== link?.tenantId;
    if (!link || !database || isOthers || request.method !== 'GET') throw new Refusal('not-found');
    const [secretHash, pathHash] = [sha256(link.secret), sha256(link.path)];
    const caller = await spendLink(database, { secretHash, pathHash, subject: sender?.subject ?? null });
    if (!caller) throw new Refusal('not-found');
    delete (request.query as Record<string, unknown>)[LINK_PARAMETER];
    delete request.raw.headers.accept;
    void reply.headers({ 'cache-control': 'no-store', 'content-disposition': 'attachment' });
    return principalOf(caller, link.tenantId);
  }
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

function pathOf(controller: object, handler: object): string {
  const parts = [controller, handler].map((of) => String(Reflect.getMetadata(PATH_METADATA, of)));
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter((segment) => segment !== '')
    .join('/')}`;
}

function scopesOf(handler: object): readonly Scope[] {
  const access = Reflect.getMetadata(ACCESS, handler) as Access;
  return 'public' in access ? [] : access.scopes;
}

function textOf({ work: _work, tenantId: _tenant, ...caller }: Principal): string {
  return JSON.stringify({ ...caller, scopes: [...caller.scopes] });
}

function principalOf(caller: object, tenantId: string): Principal {
  const { scopes, expiresAt, ...rest } = caller as { scopes: Scope[]; expiresAt: string };
  return { ...(rest as Principal), tenantId, scopes: new Set(scopes), expiresAt: new Date(expiresAt) };
}
