/** The part of `openRun` that goes on from an earlier run (docs/continuing.md). */
import {
  adoptContinued,
  readContinuedIfThere,
  type AdoptedContinued,
  type Continued,
} from '../../state/continued-file.js';
import { readIdentity } from '../../state/identity.js';
import type { OpenRunInput } from '../../wire/activities.js';
import type { ProcessWorkflowRequest } from '../../wire/request.js';
import type { ActivityDependencies } from '../dependencies.js';
import { examineEarlierRun, type TakeOver } from '../earlier/take-over.js';
import { writeTakeOver } from '../earlier/write-take-over.js';

export interface Opening {
  input: OpenRunInput;
  /** As it was given. */
  raw: unknown;
  request: ProcessWorkflowRequest;
  dir: string;
}

/**
 * What the run continues: decided by an attempt before this one, or examined now; null where it continues none.
 *
 * @throws InvalidRequest when it cannot be continued, StorageFailed.
 */
export const earlierRun = async (
  { input, raw, request, dir }: Opening,
  deps: ActivityDependencies,
): Promise<AdoptedContinued | TakeOver | null> => {
  const from = request.continue_from ?? null;
  if (from === null) return null;
  const isOurs = (await readIdentity(dir).catch(() => null))?.uuid === input.uuid;
  const decided = isOurs ? await readContinuedIfThere(dir) : null;
  return decided ?? examineEarlierRun(raw, request, from, input.workflow_id, deps);
};

/** Writes it into the directory and decides; where another attempt was quicker, its decision counts. */
export const takenOver = async (
  earlier: AdoptedContinued | TakeOver,
  dir: string,
): Promise<AdoptedContinued> =>
  'continued' in earlier ? earlier : adoptContinued(dir, await writeTakeOver(earlier, dir));

/** Lines of the run's log. */
export const wordsOn = ({ from, tasks, notes }: Continued): string[] => [
  `open: goes on from run ${from.workflow_id ?? from.uuid} in ${from.dir}: ${tasks.records.length} tasks are taken over as done; ` +
    'the image list is the one after them',
  ...notes.map((note) => `open: ${note}`),
];
