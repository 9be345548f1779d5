import { afterAll, beforeAll, describe } from 'vitest';
import { startCluster, whyNoCluster, type Cluster, type ClusterOptions } from './cluster.js';

/**
 * Tests that need a real cluster of their own: one per file. Where none can be started it says so and collects
 * nothing.
 */
export const describeOnCluster = (
  title: string,
  options: ClusterOptions,
  tests: (cluster: () => Cluster) => void,
): void => {
  const reason = whyNoCluster();
  if (reason !== null) console.warn(`${title}: no real SLURM cluster here, not tested: ${reason}`);
  describe.runIf(reason === null)(title, () => {
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      cluster = await startCluster(options);
    });
    afterAll(async () => {
      await cluster?.down();
    });
    tests(() => {
      if (cluster === undefined) throw new Error('the cluster has not been started');
      return cluster;
    });
  });
};
