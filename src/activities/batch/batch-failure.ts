/** The failure of a batch or a task, with the end of its unit's log, which only the file system knows. */
import type { Outcome } from '../../outcomes/unit-outcome.js';
import { unitFailure, withTail, type FailedPlan } from '../../outcomes/unit-failure.js';
import { NOT_EXECUTABLE } from '../../outcomes/messages.js';
import { fileTail } from '../../state/file-tail.js';
import type { ExecutionFailure } from '../../wire/failure.js';
import { LOG_TAIL_CHARACTERS, LOG_TAIL_LINES } from '../tunables.js';

/** What the script said of a command that is missing or not executable on its node; it names command and node. */
const scriptWords = async ({ details }: ExecutionFailure): Promise<string | null> => {
  const { info, stderr_file: file } = details;
  if (file === null || !info?.startsWith(NOT_EXECUTABLE)) return null;
  const text = await fileTail(file, LOG_TAIL_LINES);
  return /^batch \S+: (not (?:found|executable) on .*)$/m.exec(text ?? '')?.[1] ?? null;
};

/** Adds the end of the log that the failure names; a failure of no unit names none. */
export const withLogTail = async (failure: ExecutionFailure): Promise<ExecutionFailure> => {
  const { log_file: path } = failure.details;
  if (path === null) return failure;
  const tail = await fileTail(path, LOG_TAIL_LINES);
  // Whole lines, as in the file.
  const log_tail = tail === null || tail === '' ? tail : `${tail.slice(-LOG_TAIL_CHARACTERS)}\n`;
  const words = await scriptWords(failure);
  const told =
    words === null
      ? failure
      : { ...failure, message: failure.message.replace(NOT_EXECUTABLE, `${NOT_EXECUTABLE}: ${words}`) };
  return withTail(told, log_tail);
};

/** The failure of one batch; null when none of its units failed. */
export const batchFailure = async (plan: FailedPlan, outcome: Outcome): Promise<ExecutionFailure | null> => {
  const failed = outcome.units.filter((unit) => unit.status === 'failed');
  const first = failed[0];
  if (first === undefined) return null;
  return withLogTail(unitFailure(plan, outcome.header, first, failed.length, outcome.units.length));
};
