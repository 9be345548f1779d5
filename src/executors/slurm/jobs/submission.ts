/** What is checked and made right before a submission. */
import { join } from 'node:path';
import { cacheFolder } from '../../../server/folders.js';
import { NeverSubmitted } from '../../../batch/errors.js';
import type { Batch } from '../../../batch/contract.js';
import { buildBatchScript } from '../../../batch/script.js';
import { readTombstone } from '../../claims.js';
import { fittingLanes } from '../options/batching.js';
import { headOptions, type SlurmConfig } from '../options/config.js';
import { slurmHeader } from '../options/header.js';
import { readResources } from '../options/resources.js';

export const hasTombstone = async (batch: Batch): Promise<boolean> =>
  (await readTombstone(batch.paths.tombstone)) !== null;

export const refuseEnded = async (batch: Batch): Promise<void> => {
  if (await hasTombstone(batch)) throw new NeverSubmitted('The batch was ended before it was submitted.');
};

/** The text that sbatch is given; the same for every attempt, but for the nodes that it leaves out. */
export const slurmScript = (planned: Batch, config: SlurmConfig): string => {
  const { batching_config: limits, runner_config: runner } = config;
  const resources = readResources(planned.resources);
  const batch = { ...planned, lanes: fittingLanes(planned.lanes, resources, limits) };
  return buildBatchScript({
    batch,
    header: slurmHeader(batch),
    ...headOptions(config),
    jobIdExpression: '"$SLURM_JOB_ID"',
    restartExpression: '"${SLURM_RESTART_COUNT:-0}"',
    control: null,
    cores: runner.own_cores ? { perUnit: resources.cpus_per_unit, given: '"${SLURM_CPUS_ON_NODE:-}"' } : null,
    // The first unit of a lane gains nothing: a server is for those that come after it.
    warm:
      batch.warm === true && batch.unitCount > batch.lanes
        ? { kind: 'job', cacheFolder: join(cacheFolder(), 'warm') }
        : null,
  });
};
