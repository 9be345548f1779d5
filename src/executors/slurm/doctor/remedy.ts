/** What to change where SLURM refuses a trial job, by what it says. Pure. */

/** The first that fits: of an account and a partition SLURM speaks in one breath, and a plugin of the site in its own words. */
const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /violates accounting\/QOS policy/i,
    'a limit of the account or QOS is exceeded: ask for less (mem, cpus_per_task, gpus, time), or name another one',
  ],
  [/account/i, 'correct account, or the partition that it may use'],
  [/partition/i, 'correct partition'],
  [
    /gres|generic resource/i,
    'correct gres or gpus, or leave out gpu_slurm_config where the cluster has no GPUs',
  ],
  [/feature/i, 'correct constraint'],
  [/\bqos\b/i, 'correct the qos in extra_lines'],
  [/node name|nodelist/i, 'correct nodelist or exclude'],
  [/\bmem/i, 'lower mem; where the site forbids --mem, set memory_option in runner_config'],
  [
    /node configuration/i,
    'no node has so much: lower cpus_per_task, mem, gres or the target_... of batching_config',
  ],
  [/time limit/i, 'lower time'],
];

const remedyBy = (words: string): string | undefined =>
  BY_WORDS.find(([pattern]) => pattern.test(words))?.[1];

export const remedyOf = (words: string): string =>
  remedyBy(words) ?? 'correct partition, account, mem, gres, constraint or extra_lines';

/** Of a refusal that may pass, as that of a plugin of the site, which sbatch has no words for but its own. */
export const remedyIfItStays = (words: string): string => {
  const remedy = remedyBy(words);
  return remedy === undefined ? 'try again' : `try again; if it stays so, ${remedy}`;
};
