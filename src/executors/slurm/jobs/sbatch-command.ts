/** One call of sbatch, with everything that it leaves on record. */
import { open } from 'node:fs/promises';
import type { Batch } from '../../../batch/contract.js';
import { readIfThere } from '../../../state/files.js';
import type { SlurmCommands } from '../commands/commands.js';
import { BACKSTOP_SECONDS, KILL_AFTER_SECONDS } from '../tunables.js';
import { readSubmission, type SubmissionOutcome } from '../commands/sbatch.js';
import { closeAttempt, openAttempt, readAttempts, submissionFiles } from './submission-files.js';

export interface SbatchOptions {
  commands: SlurmCommands;
  timeoutSeconds: number;
}

/** Else the words of some module system would look like sbatch's. */
const PRE_COMMANDS_FAILED = `trap 'echo "pre_submission_commands failed at: $BASH_COMMAND" >&2' ERR`;

/**
 * The words that submit a script on stdin. The site's own commands run before it in the same shell, since they may
 * set what sbatch reads (modules, variables); what they print is kept apart from sbatch's answer.
 */
export const sbatchWords = (preCommands: readonly string[], timeoutSeconds: number): string[] => {
  const sbatch = [
    'timeout',
    `--kill-after=${KILL_AFTER_SECONDS}`,
    String(timeoutSeconds),
    'sbatch',
    '--parsable',
    // Else a `#PBS -N` line of site or user would rename the job.
    '--ignore-pbs',
  ];
  if (preCommands.length === 0) return sbatch;
  return [
    'bash',
    '-c',
    [PRE_COMMANDS_FAILED, 'set -e', 'exec 3>&1 >&2', ...preCommands, 'exec "$@" >&3 3>&-'].join('\n'),
    'bash',
    ...sbatch,
  ];
};

const surelyNotTaken = (outcome: SubmissionOutcome): boolean =>
  outcome.kind === 'unclear'
    ? !outcome.perhapsTaken
    : outcome.kind !== 'accepted' && outcome.kind !== 'ambiguous';

/**
 * Submits `batch.paths.script`. The script is read from an open file, never from this process: a worker that dies
 * must not leave half a script behind.
 */
export const callSbatch = async (
  batch: Batch,
  preCommands: readonly string[],
  { commands, timeoutSeconds }: SbatchOptions,
): Promise<SubmissionOutcome> => {
  const script = await open(batch.paths.script, 'r');
  const { stdout, stderr } = await openAttempt(batch, Date.now());
  try {
    const end = await commands.start(
      sbatchWords(preCommands, timeoutSeconds),
      { stdin: script.fd, stdout: stdout.fd, stderr: stderr.fd },
      timeoutSeconds + KILL_AFTER_SECONDS + BACKSTOP_SECONDS,
    );
    const { jobId } = await readAttempts(batch);
    const words = (await readIfThere(submissionFiles(batch).stderr)) ?? '';
    const outcome = readSubmission({
      ...end,
      stdout: jobId ?? '',
      stderr: end.stderr === '' ? words : end.stderr,
    });
    await closeAttempt(batch, { ended: surelyNotTaken(outcome), unclear: outcome.kind === 'unclear' });
    return outcome;
  } finally {
    await Promise.all([script.close(), stdout.close(), stderr.close()]);
  }
};
