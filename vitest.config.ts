import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

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
          globalSetup: ['test/support/built-packages.ts', 'test/support/global-setup.ts'],
        },
      },
    ],
  },
});
