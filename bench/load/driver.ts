/** The load driver: a process of its own that `run.ts` forks and tells over IPC what to do, one thing at a time. */
import { type Answering, CountersignLoad, type CountersignTarget } from './countersign-load.js';
import { closedLoop, type LoadResult, openLoop, type Operation } from './pace.js';
import { CibaLoad, FastifyLoad, type PeerTarget } from './peer-load.js';

export type Scenario =
  'verdict' | 'declare' | 'roundTrip' | 'answerToStream' | 'fastifyRead' | 'fastifyRoundTrip' | 'cibaRoundTrip';

export type Order =
  | { readonly prepare: 'countersign'; readonly target: CountersignTarget; readonly prepared?: boolean }
  | { readonly prepare: 'fastify' | 'ciba'; readonly target: PeerTarget }
  | { readonly scenario: Scenario; readonly seconds: number; readonly workers?: number; readonly perSecond?: number };

export type Reply =
  { readonly error: string } | { readonly result: (LoadResult & { readonly driverCpu: number }) | null };

const operations = new Map<Scenario, Operation>();
let answering: Answering[] = [];

async function carryOut(order: Order): Promise<LoadResult | null> {
  if ('scenario' in order) {
    const operation = operations.get(order.scenario);
    if (!operation) throw new Error(`${order.scenario} was not prepared`);
    return order.perSecond
      ? openLoop(operation, order.perSecond, order.seconds)
      : closedLoop(operation, order.workers ?? 32, order.seconds);
  }
  if (order.prepare === 'countersign') {
    const load = new CountersignLoad(order.target, order.prepared ? answering : undefined);
    if (!order.prepared) await load.prepare();
    ({ answering } = load);
    operations
      .set('verdict', load.verdict)
      .set('declare', load.declare)
      .set('roundTrip', load.roundTrip)
      .set('answerToStream', load.answerToStream);
  } else if (order.prepare === 'fastify') {
    const load = new FastifyLoad(order.target);
    operations.set('fastifyRead', load.read).set('fastifyRoundTrip', load.roundTrip);
  } else {
    operations.set('cibaRoundTrip', new CibaLoad(order.target).roundTrip);
  }
  return null;
}

process.on('message', (order: Order) => {
  const before = process.cpuUsage();
  void carryOut(order)
    .then(
      (result) => {
        const { user, system } = process.cpuUsage(before);
        return { result: result && { ...result, driverCpu: (user + system) / 1e6 / result.seconds } };
      },
      (error: Error) => ({ error: error.stack ?? error.message }),
    )
    .then((reply: Reply) => process.send!(reply));
});
process.on('disconnect', () => process.exit(0));
