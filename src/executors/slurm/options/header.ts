/** The head of a submission script: `#SBATCH` lines, exports and the site's and the user's own lines. Pure. */
import { quote } from 'shlex';
import { SubmissionRefused } from '../../../batch/errors.js';
import type { Batch } from '../../../batch/contract.js';
import { readResources, type SlurmResources } from './resources.js';
import { sbatchLinesFirst } from './sbatch-lines.js';

const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * A value as sbatch reads it in a `#SBATCH` line: inside quotes a space or `#` ends nothing, and a backslash takes
 * the next character as it is (sbatch's own reader; it is not the shell's).
 */
const quoteOption = (value: string): string =>
  PLAIN.test(value) ? value : `"${value.replace(/[\\"]/g, (character) => `\\${character}`)}"`;

/** In file names sbatch replaces `%j` and the like; `%%` is a per cent sign (sbatch(1), FILENAME PATTERN). */
const literalPattern = (path: string): string => path.replaceAll('%', '%%');

const option = (name: string, value: string | number | null): string[] =>
  value === null ? [] : [`#SBATCH --${name}=${quoteOption(String(value))}`];

/** A node range such as `n[1,3]` stays in one piece: it is only added to. */
const excluded = (exclude: string | null, avoidNodes: readonly string[]): string | null => {
  const known = exclude === null ? [] : exclude.split(',');
  const nodes = [...known, ...new Set(avoidNodes)].filter(
    (node, at) => at < known.length || !known.includes(node),
  );
  return nodes.length === 0 ? null : nodes.join(',');
};

/** Of the whole job, or of a CPU of it where a site wants it so. */
const memoryOption = (resources: SlurmResources, atOnce: number): string[] => {
  const { mem_mb_per_unit: mem, memory_option: asked = 'mem', cpus_per_unit: cpus } = resources;
  if (mem === null || asked === 'none') return [];
  return asked === 'mem'
    ? option('mem', `${atOnce * mem}M`)
    : option('mem-per-cpu', `${Math.ceil(mem / cpus)}M`);
};

const JOB_NAME = /^[A-Za-z0-9._-]{1,180}$/;

const checkNames = (batch: Batch): void => {
  if (!JOB_NAME.test(batch.jobName)) {
    throw new SubmissionRefused(
      `The job name ${JSON.stringify(batch.jobName)} holds characters that SLURM tools stumble over.`,
    );
  }
  for (const path of [batch.workingDir, batch.paths.stdioPrefix]) {
    // A backslash switches off all replacement in sbatch's file names, and no quoting brings it back.
    if (/[\p{Cc}\\]/u.test(path)) {
      throw new SubmissionRefused(
        `SLURM cannot write to ${JSON.stringify(path)}: a path of a run on SLURM must hold no backslash and no control character.`,
      );
    }
  }
};

/**
 * The lines between the shebang and the units, in the order of docs/slurm.md.
 *
 * @throws SubmissionRefused when a name or path would break the script.
 */
export const slurmHeader = (batch: Batch): string[] => {
  checkNames(batch);
  const resources = readResources(batch.resources);
  const atOnce = Math.min(batch.unitCount, batch.lanes);
  const extra = sbatchLinesFirst(resources.extra_lines);
  const stdio = literalPattern(batch.paths.stdioPrefix);
  return [
    ...option('partition', resources.partition),
    ...option('nodes', 1),
    ...option('ntasks', atOnce),
    ...option('cpus-per-task', resources.cpus_per_unit),
    ...memoryOption(resources, atOnce),
    ...option('job-name', batch.jobName),
    ...option('comment', batch.comment.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')),
    ...option('constraint', resources.constraint),
    ...option('gres', resources.gres),
    ...option('gpus', resources.gpus),
    ...option('time', resources.time),
    ...option('account', resources.account),
    ...option('nodelist', resources.nodelist),
    ...option('exclude', excluded(resources.exclude, batch.avoidNodes)),
    ...extra.sbatch,
    // A requeue runs the script again, and what had begun must not begin again.
    '#SBATCH --no-requeue',
    // Where a site forces a requeue all the same, the first run's output stays.
    ...option('open-mode', 'append'),
    ...option('error', `${stdio}%j.err`),
    ...option('output', `${stdio}%j.out`),
    // No pattern: sbatch takes every character of it as it is.
    ...option('chdir', batch.workingDir),
    ...extra.others,
    ...Object.entries(resources.exports).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(resources.worker_init === null ? [] : resources.worker_init.split('\n')),
  ];
};
