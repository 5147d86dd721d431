import type { TestProject } from 'vitest/node';
import { type Cluster, makeTemplate, startCluster } from './cluster.js';
import { removeFoldersOfDeadRuns } from './temporary.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connect as a superuser of the clusters that this run uses: one for each worker, as a transaction is seen in all of a cluster. */
    clusterUrls: readonly string[];
    /** The migrated database that test databases are clones of. */
    templateDatabase: string;
  }
}

/** One PostgreSQL for each worker, or the given one for all, with a migrated database to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeFoldersOfDeadRuns();
  const external = process.env.TEST_DATABASE_URL;
  const clusters: Cluster[] = external
    ? [{ url: external, stop: () => Promise.resolve() }]
    : await Promise.all(Array.from({ length: Number(project.config.maxWorkers) }, () => startCluster()));
  const stop = async (): Promise<void> => void (await Promise.all(clusters.map((cluster) => cluster.stop())));
  const [template] = await Promise.all(clusters.map((cluster) => makeTemplate(cluster)));
  project.provide(
    'clusterUrls',
    clusters.map(({ url }) => url),
  );
  project.provide('templateDatabase', template!);
  return stop;
}
