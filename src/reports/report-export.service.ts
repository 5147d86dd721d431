import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Databases } from '../platform/databases.js';
import type { TenantDatabase } from '../platform/tenant-database.js';
import { type ExportFormat, exportHead, exportRows } from './report-export.js';
import { readExportPage, readIdOfNow, type ReportFilter } from './reports.store.js';
import { type ReportQueryValues, ReportsService } from './reports.service.js';

const PAGE = 2_000;
/** A reader who takes nothing for so long is gone. */
const STALL_MS = 60_000;
const BEFORE_FIRST = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class ReportExportService {
  constructor(private readonly databases: Databases, private readonly reports: ReportsService) {}

  /**
   * Every report that fits, as it stands when the export begins, oldest first. The stream reads a page when its reader
   * has taken the one before: memory stays flat however many there are, and nothing is read for a reader who left.
   * @throws Problem 400 for a filter that is none.
   */
  async stream(tenantId: string, format: ExportFormat, query: ReportQueryValues): Promise<Readable> {
    const db = this.databases.of(tenantId);
    const filter = await this.reports.filter(tenantId, query);
    const now = await readIdOfNow(db);
    const stream = Readable.from(pages(db, format, { ...filter, toId: filter.toId < now ? filter.toId : now }), { objectMode: false, highWaterMark: 64 * 1024 });
    return endStalled(stream);
  }
}

/** Each page on a pooled connection that is given back before the page is written: a slow reader holds none. */
async function* pages(db: TenantDatabase, format: ExportFormat, filter: ReportFilter): AsyncGenerator<Buffer> {
  const head = exportHead(format);
  if (head !== '') yield Buffer.from(head);
  let after = BEFORE_FIRST;
  for (;;) {
    const from = after;
    const rows = await db.transaction((tx) => readExportPage(tx, filter, from, PAGE));
    if (rows.length > 0) yield Buffer.from(exportRows(format, rows));
    if (rows.length < PAGE) return;
    after = rows.at(-1)!.id;
  }
}

function endStalled(stream: Readable): Readable {
  let timer: NodeJS.Timeout;
  const restart = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stream.destroy(new Error('the reader of an export stalled')), STALL_MS);
    timer.unref();
  };
  restart();
  stream.on('data', restart).on('close', () => clearTimeout(timer));
  return stream.pause();
}
