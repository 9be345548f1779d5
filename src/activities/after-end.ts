/** A closed run begins nothing more, although its server asks for it (docs/guarantees.md, "Restored servers"). */
import { readEnd } from '../state/ended.js';
import type { RunReference } from '../wire/stages.js';
import { jobFailure } from '../wire/failure.js';
import { ExecutionFailed } from './errors.js';

/**
 * Called where something would begin that has left no trace yet. A run that ended as done has left a trace of everything.
 *
 * @throws ExecutionFailed (JobExecutionError) when the run was closed as failed or cancelled.
 */
export const refuseAfterEnd = async (run: RunReference): Promise<void> => {
  const status = await readEnd(run);
  if (status === null || status === 'done') return;
  throw new ExecutionFailed(
    jobFailure(
      `This run had ended already (${status}), which its server does not know: it was restored from an older backup, or the run was reset. ` +
        `Nothing more of it is begun; start a new run in another folder`,
    ),
  );
};
