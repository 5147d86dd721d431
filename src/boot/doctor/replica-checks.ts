import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { atPrimary } from '../../database/at-primary.js';
import { explainDatabaseFailure } from '../../database/database-failure.js';
import { withLoginOf } from '../../database/hosts.js';
import { runsOf } from '../../database/key-generations.js';
import { judgeReplica, type NoReplica, type PrimaryPosition } from '../../database/replica.policy.js';
import { readPrimaryPosition, readReplicaStanding } from '../../database/replica-position.store.js';
import { connectedTo } from './connected.js';
import type { Finding } from './finding.js';

/** Nobody waits for a check for longer, whatever lag is allowed. */
const LONGEST_WAIT_SECONDS = 10;
const LOOK_AGAIN_MS = 50;
/** Of whom the server knows nothing, or whom it does not let in; a function that it has not, or allows nobody. */
const NEVER_PASSES = new Set(['28P01', '28000', '3D000', '42883', '42501']);

const CHECK = 'replica';
const INSTEAD = 'the primary answers in its place';

/** What is wrong with where it is. What passes by itself or was a failover is a warning; what will never be asked is a failure. */
const WORDS: Readonly<Record<Exclude<NoReplica, 'away' | 'behind'>, Pick<Finding, 'result' | 'detail'>>> = {
  other_cluster: {
    result: 'failed',
    detail:
      'It is of another cluster than the primary, or another database of it, and is never asked. Correct REPLICA_URL.',
  },
  promoted: {
    result: 'warning',
    detail: `It is no standby, as after a failover: ${INSTEAD}. Point REPLICA_URL to a standby.`,
  },
  other_timeline: {
    result: 'warning',
    detail: `It follows another timeline than the primary has, as after a failover: ${INSTEAD} until it follows this one.`,
  },
};

export interface ReplicaToCheck {
  /** Without a login. */
  readonly replicaUrl: string;
  /** The login that serves, at the primary. */
  readonly serviceUrl: string;
  readonly maxLagSeconds: number;
}

/** Whether the read replica lets the service in, is a standby of this very database, and comes to where the primary is. */
export async function checkReplica({ replicaUrl, serviceUrl, maxLagSeconds }: ReplicaToCheck): Promise<Finding> {
  let wanted: PrimaryPosition;
  try {
    wanted = await connectedTo(await atPrimary(serviceUrl), (client) =>
      readPrimaryPosition({ tenantId: '', ...runsOf(client) }),
    );
  } catch {
    return { check: CHECK, result: 'skipped', detail: 'The primary does not say how far it is.' };
  }
  try {
    return await connectedTo(withLoginOf(replicaUrl, serviceUrl), (client) => compare(client, wanted, maxLagSeconds));
  } catch (error) {
    const never = NEVER_PASSES.has(String((error as { code?: unknown }).code));
    return { check: CHECK, result: never ? 'failed' : 'warning', detail: `${sentenceOf(error)} So ${INSTEAD}.` };
  }
}

async function compare(client: pg.Client, wanted: PrimaryPosition, maxLagSeconds: number): Promise<Finding> {
  const waited = Math.min(maxLagSeconds, LONGEST_WAIT_SECONDS);
  for (const deadline = Date.now() + waited * 1_000; ; await sleep(LOOK_AGAIN_MS)) {
    const why = judgeReplica(wanted, await readReplicaStanding(runsOf(client)));
    if (why === null)
      return {
        check: CHECK,
        result: 'ok',
        detail: 'It is a standby of this database, and has come to where the primary was.',
      };
    if (why !== 'behind' && why !== 'away') return { check: CHECK, ...WORDS[why] };
    if (Date.now() > deadline)
      return {
        check: CHECK,
        result: 'warning',
        detail: `It has not come to where the primary was ${waited} s ago (REPLICA_MAX_LAG_SECONDS is ${maxLagSeconds}): ${INSTEAD} until it has. Look at its log, and at pg_stat_replication at the primary.`,
      };
  }
}

function sentenceOf(error: unknown): string {
  const { code } = error as { code?: string };
  if (code === '42883' || code === '42501')
    return 'It does not say which cluster and timeline it is of, and is never asked.';
  return explainDatabaseFailure(error) ?? `The database cannot be used: ${(error as Error).message}.`;
}
