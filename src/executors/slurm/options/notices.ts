/** What a worker says of its configuration when it starts: allowed, but not as it should be. Pure. */
import type { SlurmConfig } from './config.js';

export interface Notice {
  what: string;
  remedy: string;
}

/** Sections in which nobody limits a job's time. */
export const configNotices = ({ default_slurm_config, gpu_slurm_config }: SlurmConfig): Notice[] => {
  const sections = [
    { name: 'default_slurm_config', time: default_slurm_config.time },
    ...(gpu_slurm_config
      ? [{ name: 'gpu_slurm_config', time: gpu_slurm_config.time ?? default_slurm_config.time }]
      : []),
  ];
  return sections
    .filter(({ time }) => !time)
    .map(({ name }) => ({
      what: `${name} has no time: the default of the partition holds`,
      remedy: 'set time, so that a job which nobody waits for any more ends some day',
    }));
};
