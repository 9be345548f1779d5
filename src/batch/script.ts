import type { Batch } from './contract.js';
import { pauseMarkPath } from '../state/paths.js';
import { scriptUmasks } from '../state/rights.js';
import { quoteWord } from './quote.js';
import { scriptBody, warmScriptBody } from './script-body.js';
import { scriptHead, type ScriptHead } from './script-head.js';
import { isPythonScript } from '../warm/python-script.js';
import { warmLines, type WarmPlace } from '../warm/script-lines.js';

export interface BatchScriptInput extends Omit<ScriptHead, 'umasks'> {
  batch: Batch;
  /** Shell word for the job's id, e.g. `"$SLURM_JOB_ID"`; must be the same in every restart of that job. */
  jobIdExpression: string;
  /** Shell word for how often the scheduler has restarted the job, e.g. `"${SLURM_RESTART_COUNT:-0}"`. */
  restartExpression: string;
  /** Files through which a local worker sets how many lanes run (docs/local.md); null: all of them. */
  control: { widthFile: string; lanesFile: string } | null;
  /** CPUs of a unit, and a shell word for how many of them the job was given, for lanes that get CPUs of their own; absent: left as they are. */
  cores?: { perUnit: number; given: string | null } | null;
  /** Which GPUs the units of this host share, so many for each, and where their locks are; absent: none. */
  gpus?: { perUnit: number; ids: readonly string[]; folder: string } | null;
  /** Where the units' warm interpreters are; absent, or no Python script: they are started plainly. */
  warm?: WarmPlace | null;
}

/**
 * The whole text of a batch script (docs/batch-script.md): the same input gives the same text in processes with the same
 * rights (src/state/rights.ts), and sbatch takes it on stdin as it is.
 */
export const buildBatchScript = ({
  batch,
  jobIdExpression,
  restartExpression,
  control,
  cores = null,
  gpus = null,
  warm = null,
  ...head
}: BatchScriptInput): string => {
  const { paths } = batch;
  const umasks = scriptUmasks();
  return [
    ...scriptHead({ ...head, umasks }),
    `ft_umask=${umasks.files}`,
    `ft_key=${quoteWord(batch.key)}`,
    `ft_job=${jobIdExpression}`,
    `ft_restart=${restartExpression}`,
    `ft_units=${quoteWord(paths.units)}`,
    `ft_unit_count=${batch.unitCount}`,
    `ft_lanes=${Math.min(batch.lanes, batch.unitCount)}`,
    `ft_owner=${quoteWord(paths.owner)}`,
    `ft_tombstone=${quoteWord(paths.tombstone)}`,
    `ft_pause_mark=${quoteWord(pauseMarkPath(batch.workingDir))}`,
    `ft_journal_prefix=${quoteWord(paths.journalPrefix)}`,
    `ft_task_dir=${quoteWord(batch.taskDir)}`,
    `ft_working_dir=${quoteWord(batch.workingDir)}`,
    `ft_width_file=${quoteWord(control?.widthFile ?? '')}`,
    `ft_lanes_file=${quoteWord(control?.lanesFile ?? '')}`,
    `ft_cpus=${cores?.perUnit ?? 0}`,
    `ft_cpus_given=${cores?.given ?? ''}`,
    `ft_gpus=${gpus?.perUnit ?? 0}`,
    `ft_gpu_ids=(${(gpus?.ids ?? []).map(quoteWord).join(' ')})`,
    `ft_gpu_folder=${quoteWord(gpus?.folder ?? '')}`,
    `ft_command=(${batch.command.map(quoteWord).join(' ')})`,
    ...(warm !== null && isPythonScript(batch.command)
      ? [...warmLines(warm, batch.command), warmScriptBody]
      : [scriptBody]),
  ].join('\n');
};
