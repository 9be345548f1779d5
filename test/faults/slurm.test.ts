/** Random faults on SLURM: a real cluster, real processes (docs/reliability.md); more of them: `npm run test:faults`. */
import { describe, expect, inject, it } from 'vitest';
import { whyNoCluster } from '../slurm/cluster.js';
import { runCampaign } from './ground/campaign.js';
import { settingsOf } from './ground/settings.js';
import { startSlurmWorld } from './ground/slurm-world.js';
import { faultsOf } from './table/index.js';

// With those on the local backend the round of 40 in `npm test`.
const settings = settingsOf('slurm', { count: 12, worlds: 1 });
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
