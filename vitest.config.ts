import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Two test files that load @temporalio/worker crash each other in worker threads.
    pool: 'forks',
    // Most of the time tests wait for processes, servers and clusters: two files at once also on two cores.
    maxWorkers: 2,
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
});
