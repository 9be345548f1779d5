/** `readRunFile` and `writeRunFile`: one activity each, by the workers that see the run's directory (docs/from-afar.md). */
import { proxyActivities } from '@temporalio/workflow';
import { stepsTaskQueue } from '../wire/names.js';
import { activityTaskQueue } from '../wire/routing.js';
import type {
  FileActivities,
  OfRunFiles,
  ReadRunFileInput,
  RunFilePiece,
  WriteRunFileInput,
  WrittenRunFile,
} from '../wire/run-file.js';
import { FILE_ATTEMPT_SECONDS, FILE_ATTEMPTS, FILE_TOTAL_SECONDS } from './tunables.js';

const files = (of: OfRunFiles, summary: string): FileActivities =>
  proxyActivities<FileActivities>({
    taskQueue: stepsTaskQueue(activityTaskQueue(of)),
    summary,
    startToCloseTimeout: `${FILE_ATTEMPT_SECONDS}s`,
    scheduleToCloseTimeout: `${FILE_TOTAL_SECONDS}s`,
    retry: { maximumAttempts: FILE_ATTEMPTS },
  });

/**
 * @returns a piece of a public file of a run.
 * @throws ApplicationFailure of type `RunFileRefused` for what is no public file of the run.
 */
export async function readRunFile(input: ReadRunFileInput): Promise<RunFilePiece> {
  return files(input, 'Read a file of the run').readRunFile(input);
}

/**
 * Takes a piece of a request that is too large to travel, before its run is started.
 *
 * @throws ApplicationFailure of type `RunFileRefused` for what is no such piece.
 */
export async function writeRunFile(input: WriteRunFileInput): Promise<WrittenRunFile> {
  return files(input, 'Take a piece of a request').writeRunFile(input);
}
