import swc from 'unplugin-swc';
import { defineConfig } from 'vitest/config';

/** What needs no database and no service: the specs that stand beside their source. */
export default defineConfig({
  plugins: [swc.vite({ module: { type: 'es6' } })],
  test: { include: ['src/**/*.spec.ts'], pool: 'forks', maxWorkers: 2, testTimeout: 30_000 },
});
