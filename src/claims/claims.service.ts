import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { PROVIDED } from '../config/provided.js';
import { Databases, type Requester } from '../database/databases.js';
import { EventTail } from '../events/event-tail.js';
import { fromTypeId, newId } from '../ids/ids.js';
import { invalidField, Refusal } from '../refusals/refusal.js';
import { ClaimFiles } from './claim-files.service.js';
import { type ClaimRow, findClaim, logOpened, makeClaim, MOST } from './claims.store.js';

/** As long as a payment can be disputed, and a month: PSD2 (EU) 2015/2366 article 71 gives 13 months. */
const MOST_DAYS = 400;
const DAY_MS = 86_400_000;

/** Who asks, and in which language they read. */
type Asker = Requester & { readonly subject: string; readonly locale: string | null };

@Injectable()
export class ClaimsService {
  constructor(
    private readonly databases: Databases,
    private readonly files: ClaimFiles,
    private readonly tail: EventTail,
    @Inject(PROVIDED.publicUrl) private readonly publicUrl: string,
  ) {}

  /**
   * Notes that a claim file of a customer and a time is wanted, and where it will be.
   * @throws Refusal 400 for a time that is none or too long, 404 for a customer whom the bank never had, 422 above the bounds.
   */
  async make(
    caller: Asker,
    { customerId, from, to, locale }: { customerId: string; from: string; to: string; locale?: string },
  ): Promise<{ id: string; url: string; from: string; to: string }> {
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS;
    if (days <= 0) throw invalidField('#/to', 'must be later than `from`');
    if (days > MOST_DAYS) throw invalidField('#/to', `must be ${MOST_DAYS} days after \`from\` at most`);
    const { id, uuid } = newId('clm');
    const row = await makeClaim(this.databases.of(caller), {
      id: uuid,
      customerId,
      from,
      to,
      locale: locale ?? caller.locale,
      author: caller.subject,
    });
    if (!row.known) throw new Refusal('not-found', { detail: 'There is no such customer.' });
    if (!row.fits)
      throw new Refusal('claim-too-large', {
        detail: `A claim file holds ${MOST.events} events, ${MOST.decisions} decisions and ${MOST.reports} reports at most.`,
      });
    if (!row.from_at || !row.to_at) throw invalidField('#/from', 'must not be in the future');
    this.tail.wake(caller.tenantId);
    return {
      id,
      url: `${this.publicUrl}/v1/claims/${id}`,
      from: row.from_at.toISOString(),
      to: row.to_at.toISOString(),
    };
  }

  /** Nothing, where there is such a claim file. @throws Refusal 404 */
  async look({ tenantId }: Asker, claimId: string): Promise<string> {
    await this.find(tenantId, claimId);
    return '';
  }

  /**
   * The zip of a claim file. What it begins with is read before anything is answered, so that what fails then is told as a
   * refusal. @throws Refusal 404, or 503 where the log does not come up to date in time
   */
  async open({ tenantId, subject }: Asker, claimId: string): Promise<Readable> {
    const claim = await this.find(tenantId, claimId);
    const zip = await this.files.zip(tenantId, claimId, claim);
    await logOpened(this.databases.of(tenantId), { id: claim.id, author: subject });
    this.tail.wake(tenantId);
    return zip;
  }

  private async find(tenantId: string, claimId: string): Promise<ClaimRow> {
    const id = fromTypeId('clm', claimId);
    const claim = id === null ? null : await findClaim(this.databases.of(tenantId), id);
    if (!claim) throw new Refusal('not-found');
    return claim;
  }
}
