import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import { invalidField } from '../refusals/refusal.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { type ExportFormat, exportHead, exportRows } from './report-export.js';
import { type ExportRow, readExportPage, readIdOfNow, type ReportFilter } from './reports.store.js';
import { endStalled } from '../upkeep/stalled-reader.js';
import { type ReportQueryValues, ReportsService } from './reports.service.js';

/** What waits for a reader is a page or two: a few hundred kilobytes, and not the rows that it was made of. */
const PAGE = 1_000;
const BEFORE_FIRST = '00000000-0000-0000-0000-000000000000';

/** How the reports are written. */
export interface ExportForm {
  readonly format: ExportFormat;
  readonly byteOrderMark: boolean;
}

interface Page {
  readonly bytes: Buffer;
  /** The id of the last report on it; null where no page comes after it. */
  readonly last: string | null;
}

@Injectable()
export class ReportExportService {
  constructor(
    private readonly databases: Databases,
    private readonly reports: ReportsService,
    private readonly replica: ReplicaReads,
  ) {}

  /**
   * Every report that fits, as it stands when the export begins, oldest first. The stream reads a page when its reader
   * has taken the one before: memory stays flat however many there are, and nothing is read for a reader who left.
   * The first page is read before anything is answered, so that what fails then is told as a refusal.
   * @throws Refusal 400 for a filter that is none, and for a byte order mark in what is no CSV.
   */
  async stream(tenantId: string, { format, byteOrderMark }: ExportForm, query: ReportQueryValues): Promise<Readable> {
    if (byteOrderMark && format !== 'csv') throw invalidField('#/bom', 'is for CSV alone');
    const db = this.databases.of(tenantId);
    const filter = await this.reports.filter(tenantId, query);
    const now = await readIdOfNow(db);
    const all = this.pages(db, { format, byteOrderMark }, { ...filter, toId: filter.toId < now ? filter.toId : now });
    const first = await all.next();
    const stream = Readable.from(all, { objectMode: false, highWaterMark: 64 * 1024 });
    if (!first.done) stream.unshift(first.value);
    return endStalled(stream);
  }

  private async *pages(
    db: TenantDatabase,
    { format, byteOrderMark }: ExportForm,
    filter: ReportFilter,
  ): AsyncGenerator<Buffer, void> {
    let head = exportHead(format, byteOrderMark);
    let after: string | null = BEFORE_FIRST;
    while (after !== null) {
      const page: Page = await this.readPage(db, format, filter, after, head);
      if (page.bytes.length > 0) yield page.bytes;
      after = page.last;
      head = '';
    }
  }

  /** On a connection that is given back before the page is written: a slow reader holds none, and no rows. */
  private async readPage(
    db: TenantDatabase,
    format: ExportFormat,
    filter: ReportFilter,
    after: string,
    head: string,
  ): Promise<Page> {
    const ask = (handle: TenantHandle): Promise<ExportRow[]> => readExportPage(handle, filter, after, PAGE);
    const rows = await this.replica.read(db, 'exportReports', ask, () => db.transaction(ask));
    return { bytes: Buffer.from(head + exportRows(format, rows)), last: rows.length < PAGE ? null : rows.at(-1)!.id };
  }
}
