/** Text of a configuration file for tests, with changes laid over it. */
export const configText = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    default_slurm_config: { partition: 'main', cpus_per_task: 1, mem: '100M' },
    batching_config: {
      target_cpus_per_job: 4,
      max_cpus_per_job: 16,
      target_mem_per_job: '10G',
      max_mem_per_job: '32G',
      target_num_jobs: 100,
      max_num_jobs: 1000,
    },
    ...changes,
  });
