import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** What floods a service, or is seen in a browser: beside one another either would be late for want of a processor. */
const ALONE = [
  'test/browser/**/*.spec.ts',
  'test/db/{few-connections,shared-connections,tenants-share-connections,verdict-tables}.spec.ts',
  'test/{e2e/{api-page,cross-origin,downloads,welcome},kits/packed}.spec.ts',
  'test/e2e/{faults,few-connections,many-connections,many-tenants,many-tenants-processes}.spec.ts',
  'test/e2e/{overload,pooler-processes,processes,slow-clients,stream-shares,tenants-running,unread-answers}.spec.ts',
];

export default defineConfig({
  plugins: [swc.vite({ module: { type: 'es6' } })],
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // A wait for what must come: long enough for a machine that has much else to do, and within a test's own time.
    expect: { poll: { timeout: 60_000 } },
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        // What needs no database and no service: the specs that stand beside their source. They share what they load.
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'packages/*/src/**/*.spec.ts'],
          globalSetup: ['test/support/built-packages.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.spec.ts'],
          exclude: ALONE,
          globalSetup: ['test/support/built-packages.ts', 'test/support/global-setup.ts'],
        },
      },
      {
        // One file after the other, once all others are through.
        extends: true,
        test: {
          name: 'alone',
          include: ALONE,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          globalSetup: ['test/support/built-packages.ts', 'test/support/global-setup.ts'],
        },
      },
    ],
  },
});
