/** Trial jobs: submitted as the worker would submit them. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Batch } from '../../contract.js';
import type { JsonObject } from '../../../wire/request.js';
import type { SlurmCommands } from '../commands.js';
import type { SlurmConfig } from '../config.js';
import { slurmHeader } from '../header.js';
import { slurmLayout } from '../layout.js';
import { readSubmission, type CommandEnd, type SubmissionOutcome } from '../sbatch.js';
import { parseScontrolJob } from '../scontrol.js';
import { sbatchWords } from '../sbatch-command.js';
import { ok, problem, warning, type Finding } from './finding.js';

export interface TrialInput {
  commands: SlurmCommands;
  config: SlurmConfig;
  /** An empty folder for the trial's files. */
  folder: string;
  gpu: boolean;
  /** Units at once: 1, or as many as one job may have. */
  largest: boolean;
}

/** The batch that a task of the default resources would make. */
export const trialBatch = ({ config, folder, gpu, largest }: Omit<TrialInput, 'commands'>): Batch => {
  const meta: JsonObject = gpu ? { needs_gpu: true } : {};
  // So many units that only the limits of one job decide how many of them run at once.
  const units = largest ? config.batching_config.max_num_jobs * 1_000_000 : 1;
  const input = { units, meta, workerInit: null, slurmAccount: null, userCacheDir: '/tmp' };
  const layout = slurmLayout(config, input);
  const lanes = largest ? layout.lanes : 1;
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
  await writeFile(batch.paths.script, ['#!/bin/bash', ...slurmHeader(batch), body, ''].join('\n'));
  const section = (gpu ? config.gpu_slurm_config : null) ?? config.default_slurm_config;
  const [command = '', ...words] = sbatchWords(
    section.pre_submission_commands ?? [],
    config.runner_config.sbatch_timeout_seconds,
  );
  return commands.ask(command, [...words, ...options, batch.paths.script]);
};

/**
 * Does the cluster take a job with the configuration's resources? Tried with a held one, cancelled at once; the
 * largest only asked about, since sbatch takes jobs that no node can ever run.
 */
export const checkSubmission = async (input: TrialInput): Promise<Finding> => {
  const section = input.gpu ? 'gpu_slurm_config' : 'default_slurm_config';
  const what = `${section}: ${input.largest ? 'the largest job' : 'a job'}`;
  try {
    const batch = trialBatch(input);
    const options = [input.largest ? '--test-only' : '--hold'];
    const end = await callTrial(input, batch, { body: 'exit 0', options });
    if (input.largest && end.exitCode === 0) return ok(`${what} would be taken`);
    const outcome = readSubmission(end);
    if (outcome.kind !== 'accepted') return judgeRefusal(what, outcome, input.largest);
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
    case 'busy':
    case 'ambiguous':
    case 'unclear':
      return warning(`${what} could not be tried: ${outcome.words}`, 'try again');
    case 'refused':
      return largest
        ? warning(
            `${what} is refused: ${outcome.words}`,
            'lower max_cpus_per_job and max_mem_per_job to what a node has',
          )
        : problem(
            `${what} is refused: ${outcome.words}`,
            'correct partition, account, mem, gres or constraint',
          );
  }
};
