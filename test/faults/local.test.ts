/** Random faults on the local backend with real processes (docs/reliability.md); more of them: `npm run test:faults`. */
import { expect, inject, it } from 'vitest';
import { runCampaign } from './ground/campaign.js';
import { settingsOf } from './ground/settings.js';
import { startLocalWorld } from './ground/local-world.js';
import { faultsOf } from './table/index.js';

const settings = settingsOf('local', { count: 28, worlds: 3 });

// With those on SLURM the round of 40 in `npm test`.
it.runIf(settings.count > 0)(
  `bears ${settings.count} faults on the local backend`,
  async () => {
    const start = () => startLocalWorld(inject('temporal').binary);
    const reports = await runCampaign({ ...settings, start, faultsOf });
    expect(reports.flatMap(({ violations }) => violations)).toEqual([]);
  },
  settings.patienceMs,
);
