/** `markPause`: tells the batches of a run that they start no further unit, or may again; lines in its log. */
import { leavePauseMark, removePauseMark } from '../../state/pause-mark.js';
import { logEvent } from '../../state/run-log.js';
import type { MarkPauseInput } from '../../wire/held.js';

/** @throws StorageFailed */
export const markPause = async ({ run, number, paused }: MarkPauseInput): Promise<void> => {
  if (paused) await leavePauseMark(run.dir, number);
  else await removePauseMark(run.dir, number);
  await logEvent(run.dir, paused ? 'paused: no batch starts a further unit' : 'resumed');
};
