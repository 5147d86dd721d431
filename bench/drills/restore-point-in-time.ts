import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtMoment, divide, examineAfter } from './moment.js';
import type { PostgresNode } from './postgres-node.js';
import { examineLedger, examineLog } from './proof.js';
import { type Kept, pause, type Site } from './restore-site.js';
import type { DrillService } from './service.js';

const WORK_MS = 3_000;
/** What a cluster has behind it that has served for a while; a new one has some hundreds. */
const TRANSACTIONS_BEFORE = 50_000;
const TRIES = 600;

interface Lost {
  readonly moment: Date;
  readonly atMoment: AtMoment;
  /** Kept before the moment, and after it. */
  readonly before: Kept;
  readonly after: Kept;
}

/** A base backup and WAL archiving under load, a moment, more load; then everything is restored to that moment. */
export class PointInTimeDrill {
  private readonly archive: string;
  private readonly backup: string;

  constructor(private readonly site: Site) {
    this.archive = join(site.directory, 'archive', 'wal');
    this.backup = join(site.directory, 'archive', 'base');
  }

  async run(): Promise<{ restored: PostgresNode; service: DrillService }> {
    const { site } = this;
    const lost = await this.workAndLose();
    const restored = await this.restore(lost);
    const query = site.queryOf(restored);
    site.faults.push(...(await examineAfter(query, lost.atMoment, lost.moment)));
    const [{ published }] = (await query<{ published: number }>(
      'SELECT max(tree_size)::int AS published FROM log_checkpoints',
    )) as [{ published: number }];

    const service = site.service(site.optionsFor(restored, 'service-restored'));
    site.figures.serviceReadySeconds = (await service.start()) / 1_000;
    site.faults.push(...(await examineLedger(query, lost.atMoment.before)), ...(await examineLog(query)));
    await this.expectOwnHistory(service.url, lost, published);
    const bank = await this.workUntil(service.url, lost.after.size);
    site.faults.push(...(await examineLedger(query, bank.ledger.values())), ...(await examineLog(query)));
    site.expect(bank.stale === 0, `${bank.stale} verdicts after the restore said that a call was live that had ended`);
    await this.expectSplitView(service.url, lost, published);
    return { restored, service };
  }

  /** All that happens before the restore; the cluster is gone afterwards, what was archived is there. */
  private async workAndLose(): Promise<Lost> {
    const { site } = this;
    const node = await this.startArchiving();
    const service = site.service(site.optionsFor(node, 'service'));
    await service.start();
    await site.registerLine(service.url);
    const bank = site.bank(service.url);
    bank.start();
    await pause(WORK_MS);
    await site.timed('baseBackupSeconds', () =>
      site.installation.tool(
        'pg_basebackup',
        `--dbname=${node.url('postgres')}`,
        `--pgdata=${this.backup}`,
        '--checkpoint=fast',
      ),
    );
    await pause(WORK_MS);
    const before = await site.keepCheckpoint(service.url, 'before');
    await pause(WORK_MS);
    const moment = new Date();
    await pause(WORK_MS);
    const after = await site.keepCheckpoint(service.url, 'after');
    await bank.stop();
    await this.archived(node);
    await service.kill();
    await node.kill();
    const atMoment = divide(bank.ledger.values(), moment.getTime());
    site.figures.acknowledgedBefore = atMoment.before.length;
    site.figures.acknowledgedAfter = atMoment.declaredAfter.length;
    site.say(
      `At ${moment.toISOString()}: ${atMoment.before.length} calls acknowledged, ${atMoment.underWay} decisions under way. After it: ${atMoment.declaredAfter.length} more calls. A checkpoint of ${before.size} leaves was kept before, one of ${after.size} after.`,
    );
    return { moment, atMoment, before, after };
  }

  private async startArchiving(): Promise<PostgresNode> {
    const { site, archive } = this;
    const node = await site.node('first');
    await node.make({
      max_connections: '200',
      archive_mode: 'on',
      archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/.%f && mv ${archive}/.%f ${archive}/%f`,
      archive_timeout: '60',
    });
    await mkdir(archive, { recursive: true });
    await site.installation.own(join(site.directory, 'archive'), archive);
    await node.start();
    await node.sql(
      'postgres',
      `DO $$ BEGIN FOR i IN 1..${TRANSACTIONS_BEFORE} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
    );
    await site.prepareDatabase(node);
    return node;
  }

  /** Waits until all WAL up to now is archived. */
  private async archived(node: PostgresNode): Promise<void> {
    const [row] = await node.sql<{ file: string }>('postgres', 'SELECT pg_walfile_name(pg_switch_wal()) AS file');
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [{ done }] = (await node.sql<{ done: boolean }>(
        'postgres',
        `SELECT coalesce(last_archived_wal >= '${row!.file}', false) AS done FROM pg_stat_archiver`,
      )) as [{ done: boolean }];
      if (done) return;
      await pause(100);
    }
    throw new Error('the WAL is not archived');
  }

  private async restore({ moment }: Lost): Promise<PostgresNode> {
    const { site } = this;
    await site.timed('verifyBackupSeconds', () => site.installation.tool('pg_verifybackup', this.backup));
    const restored = await site.node('restored');
    await site.timed('recoverySeconds', async () => {
      await restored.restoreFrom(this.backup, {
        restore_command: `cp ${this.archive}/%f %p`,
        // It takes no Z.
        recovery_target_time: moment.toISOString().replace('Z', '+00'),
      });
      await restored.start();
      for (let tries = 0; ; tries += 1) {
        const rows = await restored.sql<{ recovering: boolean }>(
          'postgres',
          'SELECT pg_is_in_recovery() AS recovering',
        );
        if (!rows[0]!.recovering) return;
        if (tries === TRIES) throw new Error('the recovery does not end');
        await pause(50);
      }
    });
    return restored;
  }

  private async expectOwnHistory(url: string, { before, after }: Lost, published: number): Promise<void> {
    const { site } = this;
    const { acknowledgedBefore, recoverySeconds, baseBackupSeconds, serviceReadySeconds } = site.figures;
    site.say(
      `Base backup ${baseBackupSeconds} s under load. Restored to that moment in ${recoverySeconds} s; the service ready after ${serviceReadySeconds!.toFixed(1)} s. ${site.faults.length === 0 ? `All ${acknowledgedBefore} calls that had been acknowledged are there once, and none of after it` : site.faults.slice(0, 5).join('; ')}.`,
    );
    const own = await site.verifyLog(url, before);
    site.expect(own.code === 0, `the log does not go on from the checkpoint kept before: ${own.output}`);
    const later = await site.verifyLog(url, after);
    site.expect(
      later.code === 1 && later.output.includes('it was set back'),
      `a checkpoint of after the moment is not found to be ahead of the log: ${later.output}`,
    );
    site.say(
      `The checkpoint kept before it: ${lineOf(own.output, 'growth')}\nThe one published after it: ${lineOf(later.output, 'growth')}`,
    );
    site.figures.publishedAtMoment = published;
  }

  private async workUntil(url: string, size: number): Promise<ReturnType<Site['bank']>> {
    const bank = this.site.bank(url);
    bank.start();
    for (let tries = 0; (await this.site.keepCheckpoint(url, 'now')).size <= size; tries += 1) {
      if (tries === TRIES) throw new Error('the log does not grow');
      await pause(200);
    }
    await bank.stop();
    return bank;
  }

  private async expectSplitView(url: string, { before, after }: Lost, published: number): Promise<void> {
    const { site } = this;
    const own = await site.verifyLog(url, before);
    site.expect(own.code === 0, `the log does not go on from the checkpoint kept before: ${own.output}`);
    const split = await site.verifyLog(url, after);
    site.expect(
      split.code === 1 && split.output.includes('a split view'),
      `a split view is not found: ${split.output}`,
    );
    site.say(
      `Decisions go on and are sealed. Now that the log is longer: ${lineOf(split.output, 'growth')}\n` +
        `  To do: the log of after ${published} leaves is another than the one that was published until ${after.size}. Whoever kept one of those\n` +
        `  checkpoints, a witness above all, will find this, and refuses what comes. Say it first, with these two numbers, the moment and the reason;\n` +
        '  keep the database that was left; and have the witness begin anew. See docs/operations/backup.md.',
    );
  }
}

const lineOf = (output: string, name: string): string =>
  output
    .split('\n')
    .find((line) => line.includes(`  ${name}: `))
    ?.trim() ?? output;
