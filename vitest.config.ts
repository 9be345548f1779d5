import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    // The package's entries, as the example of a backend imports them.
    alias: {
      'fractal-temporal/backend': source('backend.ts'),
      'fractal-temporal/worker': source('worker.ts'),
      'fractal-temporal/conformance': source('conformance/index.ts'),
    },
  },
  test: {
    // Two test files that load @temporalio/worker crash each other in worker threads.
    pool: 'forks',
    // Most of the time tests wait for processes, servers and clusters: two files at once also on two cores.
    maxWorkers: 2,
    // What takes minutes or a whole machine is run by its own command (docs/development.md).
    include: [
      'test/**/*.test.ts',
      ...(process.env['FRACTAL_TEMPORAL_BY_HAND'] === undefined ? [] : ['test/**/*.hand.ts']),
    ],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
