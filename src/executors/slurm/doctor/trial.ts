/** Trial jobs: submitted as the worker would submit them. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scriptHead } from '../../../batch/script-head.js';
import { scriptUmasks } from '../../../state/rights.js';
import type { Batch } from '../../../batch/contract.js';
import type { JsonObject } from '../../../wire/request.js';
import type { SlurmCommands } from '../commands/commands.js';
import { headOptions, type SlurmConfig } from '../options/config.js';
import { slurmHeader } from '../options/header.js';
import { slurmLayout } from '../options/layout.js';
import { readSubmission, type CommandEnd, type SubmissionOutcome } from '../commands/sbatch.js';
import { parseScontrolJob } from '../commands/scontrol.js';
import { sbatchWords } from '../jobs/sbatch-command.js';
import { ok, problem, warning, type Finding } from '../../../doctor/finding.js';
import { remedyIfItStays, remedyOf } from './remedy.js';

export interface TrialInput {
  commands: SlurmCommands;
  config: SlurmConfig;
  /** An empty folder for the trial's files. */
  folder: string;
  gpu: boolean;
  /** Units at once: one, as many as a task's jobs have as a rule, or as many as one job may have. */
  size: 'one' | 'usual' | 'largest';
}

/** The batch that a task of the default resources would make. */
export const trialBatch = ({ config, folder, gpu, size }: Omit<TrialInput, 'commands'>): Batch => {
  const meta: JsonObject = gpu ? { needs_gpu: true } : {};
  // So many units that only the limits of one job decide how many of them run at once.
  const units = size === 'largest' ? config.batching_config.max_num_jobs * 1_000_000 : 1;
  const input = { units, meta, workerInit: null, slurmAccount: null, userCacheDir: '/tmp' };
  const layout = slurmLayout(config, input);
  const lanes = size === 'one' ? 1 : layout.lanes;
  const key = randomUUID();
  const path = (name: string): string => join(folder, name);
  return {
    key,
    jobName: `fractal-doctor.${key}`,
    comment: 'trial of fractal-temporal doctor',
    runUuid: key,
    taskDir: folder,
    workingDir: folder,
    command: ['true'],
    unitCount: lanes,
    lanes,
    avoidNodes: [],
    resources: layout.resources,
    paths: {
      units: path('units'),
      script: path(`${key}.sh`),
      intent: path('intent'),
      owner: path('owner'),
      tombstone: path('tombstone'),
      journalPrefix: path('journal-'),
      stdioPrefix: path('slurm-'),
    },
  };
};

/** Calls sbatch as the worker does, with `options` besides. */
export const callTrial = async (
  { commands, config, gpu }: Pick<TrialInput, 'commands' | 'config' | 'gpu'>,
  batch: Batch,
  { body, options }: { body: string; options: string[] },
): Promise<CommandEnd> => {
  const head = scriptHead({
    ...{ header: slurmHeader(batch), umasks: scriptUmasks() },
    ...headOptions(config),
  });
  await writeFile(batch.paths.script, [...head, body, ''].join('\n'));
  const section = (gpu ? config.gpu_slurm_config : null) ?? config.default_slurm_config;
  const [command = '', ...words] = sbatchWords(
    section.pre_submission_commands ?? [],
    config.runner_config.sbatch_timeout_seconds,
  );
  return commands.ask(command, [...words, ...options, batch.paths.script]);
};

const WHAT = { one: 'a job', usual: 'a job of the usual size', largest: 'the largest job' } as const;

/** Pure. */
export const judgeRefusal = (
  what: string,
  outcome: Exclude<SubmissionOutcome, { kind: 'accepted' }>,
  largest: boolean,
): Finding => {
  switch (outcome.kind) {
    case 'limit':
      return warning(
        `${what} has to wait: ${outcome.words}`,
        'nothing: submissions wait until there is room',
      );
    case 'unclear':
      return warning(`${what} could not be tried: ${outcome.words}`, remedyIfItStays(outcome.words));
    case 'busy':
    case 'ambiguous':
      return warning(`${what} could not be tried: ${outcome.words}`, 'try again');
    case 'refused':
      return largest
        ? warning(
            `${what} is refused: ${outcome.words}`,
            'lower max_cpus_per_job and max_mem_per_job to what a node has',
          )
        : problem(`${what} is refused: ${outcome.words}`, remedyOf(outcome.words));
  }
};

/**
 * Does the cluster take a job with the configuration's resources? Tried with a held one, cancelled at once. Larger ones
 * are only asked about, but then SLURM also says whether any node could run them, which it does not of a held one.
 */
export const checkSubmission = async (input: TrialInput): Promise<Finding> => {
  const section = input.gpu ? 'gpu_slurm_config' : 'default_slurm_config';
  const what = `${section}: ${WHAT[input.size]}`;
  try {
    const batch = trialBatch(input);
    const options = [input.size === 'one' ? '--hold' : '--test-only'];
    const end = await callTrial(input, batch, { body: 'exit 0', options });
    if (input.size !== 'one' && end.exitCode === 0) return ok(`${what} would be taken`);
    const outcome = readSubmission(end);
    if (outcome.kind !== 'accepted') return judgeRefusal(what, outcome, input.size === 'largest');
    const shown = parseScontrolJob(
      (await input.commands.ask('scontrol', ['show', 'job', outcome.jobId])).stdout,
    );
    const { exitCode, stderr } = await input.commands.ask('scancel', [outcome.jobId]);
    if (shown !== null && shown.name !== batch.jobName) {
      return problem(
        `${what} got another name, ${shown.name}`,
        'a plugin of the site renames jobs; ask the administrators to leave these alone, they are found by their name',
      );
    }
    if (exitCode === 0) return ok(`${what} is taken (tried with a held one, cancelled)`);
    return problem(
      `scancel ${outcome.jobId} failed: ${stderr.trim()}`,
      `cancel the held job ${outcome.jobId} by hand`,
    );
  } catch (error) {
    return problem(
      `${what} cannot be laid out: ${error instanceof Error ? error.message : String(error)}`,
      'complete the configuration',
    );
  }
};
