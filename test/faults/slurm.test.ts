/** Random faults on SLURM: a real cluster, real processes (docs/reliability.md); more of them: `npm run test:faults`. */
import { describe, expect, inject, it } from 'vitest';
import { whyNoCluster } from '../slurm/cluster.js';
import { runCampaign } from './ground/campaign.js';
import { settingsOf } from './ground/settings.js';
import { startSlurmWorld } from './ground/slurm-world.js';
import { faultsOf } from './table/index.js';

// By hand: what a cluster still does after a fault (a job that completes) is not all known to the suite.
const settings = settingsOf('slurm', { count: 0, worlds: 1 });
const reason = whyNoCluster();
if (reason !== null) console.warn(`faults on SLURM: no real cluster here, not tested: ${reason}`);

describe.runIf(reason === null && settings.count > 0)('faults on SLURM', () => {
  it(
    `bears ${settings.count} of them`,
    async () => {
      const start = () => startSlurmWorld(inject('temporal').binary);
      const reports = await runCampaign({ ...settings, start, faultsOf });
      expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
    },
    settings.patienceMs,
  );
});
