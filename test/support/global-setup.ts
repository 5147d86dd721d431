import type { TestProject } from 'vitest/node';
import { type Cluster, makeTemplate, startCluster } from './cluster.js';
import { removeFoldersOfDeadRuns } from './temporary.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connects as a superuser of the cluster that this run uses. */
    clusterUrl: string;
    /** The migrated database that test databases are clones of. */
    templateDatabase: string;
  }
}

/** One PostgreSQL for the whole run, with a migrated database to clone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeFoldersOfDeadRuns();
  const external = process.env.TEST_DATABASE_URL;
  const cluster: Cluster = external ? { url: external, stop: () => Promise.resolve() } : await startCluster();
  const template = await makeTemplate(cluster);
  project.provide('clusterUrl', cluster.url);
  project.provide('templateDatabase', template);
  return () => cluster.stop();
}
