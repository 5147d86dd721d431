import { join } from 'node:path';
import type { PostgresNode } from './postgres-node.js';
import { examineLedger, examineLog } from './proof.js';
import { LINE } from './bank.js';
import { DATABASE, type Kept, OWNER, pause, type Site } from './restore-site.js';
import type { DrillService, DrillServiceOptions } from './service.js';

const WORK_MS = 3_000;
const LOGIN = 'bank_countersign';
const TRIES = 300;

/** A dump goes into a new cluster, whose transaction ids are behind those of the log. */
export class DumpDrill {
  constructor(private readonly site: Site) {}

  async run(old: PostgresNode, service: DrillService): Promise<void> {
    const { site } = this;
    const bank = site.bank(service.url);
    bank.start();
    await pause(WORK_MS);
    await bank.stop();
    const kept = await site.keepCheckpoint(service.url, 'before-dump');
    await service.stop();
    const young = await this.dumpAndRestore(old);
    const options = site.optionsFor(young, 'service-young');
    await this.expectDoctorSays(options);

    // Without the owner's password a start mends nothing, as where migrations are a step of their own.
    const confined = { ...options.environment, DATABASE_URL: undefined, MIGRATE: 'false' };
    const serving = site.service({
      ...options,
      environment: { ...confined, SERVICE_DATABASE_URL: young.url(DATABASE, LOGIN) },
    });
    await serving.start(async (url) => (await readiness(url)).detail?.includes('mend-log') ?? false);
    await this.expectNothingDecided(serving.url);
    const mended = await site.timed('mendSeconds', () => site.command(options, 'mend-log'));
    site.expect(mended.code === 0, `mend-log ended with ${mended.code}: ${mended.output}`);
    site.say(`countersign mend-log, ${site.figures.mendSeconds} s: ${mended.output}`);
    await this.untilReady(serving.url);
    await this.expectWhole(young, serving.url, kept, [...bank.ledger.values()]);
    const doctor = await site.command(options, 'doctor');
    site.expect(
      doctor.output.includes('event log of northbank: It is in order.'),
      `doctor does not find the log in order: ${doctor.output}`,
    );
  }

  private async dumpAndRestore(old: PostgresNode): Promise<PostgresNode> {
    const { site } = this;
    const file = join(site.directory, 'archive', 'countersign.dump');
    await site.timed('dumpSeconds', () =>
      site.installation.tool('pg_dump', '--format=custom', `--file=${file}`, old.url(DATABASE)),
    );
    const [before] = await old.sql<{ next: string }>(
      DATABASE,
      'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next',
    );
    await old.kill();
    const young = await site.node('young');
    await young.make({ max_connections: '200' });
    await young.start();
    await site.prepareDatabase(young);
    await site.timed('pgRestoreSeconds', () =>
      site.installation.tool(
        'pg_restore',
        '--no-owner',
        `--role=${OWNER}`,
        '--exit-on-error',
        `--dbname=${young.url(DATABASE)}`,
        file,
      ),
    );
    await young.sql(
      DATABASE,
      `CREATE ROLE ${LOGIN} LOGIN PASSWORD '${new URL(young.url(DATABASE)).password}'`,
      `GRANT countersign_service TO ${LOGIN}`,
    );
    const [after] = await young.sql<{ next: string }>(
      DATABASE,
      'SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next',
    );
    const behind = Number(before!.next) - Number(after!.next);
    site.figures.transactionsBehind = behind;
    if (behind <= 0) throw new Error('the new cluster is not behind: the drill shows nothing');
    site.say(
      `pg_dump ${site.figures.dumpSeconds} s, pg_restore into a new cluster ${site.figures.pgRestoreSeconds} s: its transaction ids are ${behind} behind.`,
    );
    return young;
  }

  private async expectDoctorSays(options: DrillServiceOptions): Promise<void> {
    const { output } = await this.site.command(options, 'doctor');
    const line = output.split('\n').find((one) => one.includes('event log of northbank'));
    this.site.expect(line?.startsWith('warning') ?? false, `doctor says nothing of the event log: ${output}`);
    this.site.say(`doctor: ${line ?? '–'}`);
  }

  private async expectNothingDecided(url: string): Promise<void> {
    const { site } = this;
    const { status, detail } = await readiness(url);
    site.say(`Readiness: ${status}, ${detail}`);
    const verdict = await site.ask(url, 'app', '/v1/customers/drill-nobody/call-verdicts', {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    site.expect(
      (verdict.body as { verdict?: string }).verdict === 'unknown',
      `a verdict was given before the log was mended: ${JSON.stringify(verdict.body)}`,
    );
    const call = await site.ask(url, 'agent', '/v1/calls', {
      customerId: 'drill-nobody',
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      agent: { department: 'Fraud Operations' },
    });
    site.expect(call.status === 503, `a call was declared before the log was mended: ${call.status}`);
  }

  private async untilReady(url: string): Promise<void> {
    await this.site.timed('readyAfterMendSeconds', async () => {
      for (let tries = 0; (await readiness(url)).status !== 200; tries += 1) {
        if (tries === TRIES) throw new Error('the service is not ready after the log was mended');
        await pause(100);
      }
    });
  }

  private async expectWhole(
    young: PostgresNode,
    url: string,
    kept: Kept,
    dumped: Parameters<typeof examineLedger>[1],
  ): Promise<void> {
    const { site } = this;
    const bank = site.bank(url);
    bank.start();
    await pause(WORK_MS);
    await bank.stop();
    const query = site.queryOf(young);
    const faults = [
      ...(await examineLedger(query, [...dumped, ...bank.ledger.values()])),
      ...(await examineLog(query)),
    ];
    site.faults.push(...faults);
    site.expect(bank.stale === 0, `${bank.stale} verdicts after mend-log said that a call was live that had ended`);
    const own = await site.verifyLog(url, kept);
    site.expect(own.code === 0, `the log does not go on from the checkpoint kept before the dump: ${own.output}`);
    site.say(
      `Ready ${site.figures.readyAfterMendSeconds} s later. ${bank.ledger.size} more calls: ${faults.length === 0 ? 'every event is sealed, without a gap' : faults.slice(0, 5).join('; ')}. ${own.output.split('\n').at(-1)}`,
    );
  }
}

async function readiness(url: string): Promise<{ status: number; detail?: string }> {
  try {
    const response = await fetch(`${url}/health/ready`);
    return { status: response.status, detail: ((await response.json()) as { detail?: string }).detail };
  } catch {
    return { status: 0 };
  }
}
