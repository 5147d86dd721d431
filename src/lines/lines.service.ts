import { Injectable } from '@nestjs/common';
import { toE164 } from '../readers/number.js';
import { Databases } from '../database/databases.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import { PolicyService } from '../policy/policy.service.js';
import { type LineRow, type LineUse, listLines, putLine, removeLine } from './lines.store.js';

@Injectable()
export class LinesService {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
  ) {}

  /** @throws Refusal 400 for what is not a phone number. */
  async put(
    tenantId: string,
    number: string,
    line: { use: LineUse; label: string },
    author: string,
  ): Promise<{ created: boolean; line: LineRow }> {
    const e164 = await this.read(tenantId, number);
    if (e164 === null) throw invalidField('#/number', 'must be a phone number, best in E.164 such as +442079460100');
    const { created, ...stored } = await putLine(this.databases.of(tenantId), { number: e164, ...line, author });
    return { created, line: stored };
  }

  /** @throws Refusal 400 for what is not a cursor. */
  async list(tenantId: string, after: string | null, limit: number): Promise<{ data: LineRow[]; next: string | null }> {
    if (after !== null && !/^\+\d{1,15}$/.test(after))
      throw invalidField('#/after', 'must be the `next` of the page before');
    const rows = await listLines(this.databases.of(tenantId), after, limit + 1);
    const data = rows.slice(0, limit);
    return { data, next: rows.length > limit ? data.at(-1)!.number : null };
  }

  /** @throws Refusal 404 where the number is not one of the bank's lines. */
  async remove(tenantId: string, number: string, author: string): Promise<void> {
    const e164 = await this.read(tenantId, number);
    if (e164 === null || !(await removeLine(this.databases.of(tenantId), e164, author))) throw new Refusal('not-found');
  }

  private async read(tenantId: string, number: string): Promise<string | null> {
    const { policy } = await this.policies.current(tenantId);
    return toE164(number, policy.defaultCountry);
  }
}
