import { SCRIPT_EXITS } from '../../../batch/exit-codes.js';
import { readJournals, type ScriptCopy } from '../../../batch/read-journals.js';
import { readTombstone } from '../../claims.js';
import type { Batch, BatchStatus, Handle } from '../../../batch/contract.js';
import type { EndCause } from '../../../batch/end-causes.js';
import type { Identity } from './identity.js';
import { stderrTail } from './launch.js';
import { STDERR_TAIL_LINES, UNKNOWN_JOB } from '../tunables.js';

type Ended = Extract<BatchStatus, { state: 'ended' }>;

const giveUp = (copies: ScriptCopy[], jobId: string): number | null =>
  copies.find((copy) => copy.jobId === jobId)?.quit ?? null;

/**
 * What became of a batch none of whose processes lives any more, from its journals, its tombstone and its script's
 * stderr.
 *
 * @param submitted who submitted it, and in which boot of the host.
 */
export const endOfBatch = async (
  batch: Batch,
  handle: Handle,
  submitted: Pick<Identity, 'host' | 'bootId'>,
  now: Pick<Identity, 'host' | 'bootId'>,
): Promise<Ended> => {
  const journal = await readJournals(batch.paths.journalPrefix);
  const ended = (cause: EndCause, message: string): Ended => ({
    ...{ state: 'ended', cause, message, node: submitted.host },
    ...{ schedulerState: null, usage: null },
  });
  if (journal.complete) return ended('completed', 'every unit has ended');
  const tombstone = await readTombstone(batch.paths.tombstone);
  if (tombstone?.reason === 'cancelled') return ended('cancelled', 'cancelled');
  if (tombstone !== null && tombstone.said !== null) return { state: 'ended', ...tombstone.said };
  if (submitted.bootId !== now.bootId) return ended('node', `host ${now.host} was started anew while it ran`);
  const quit = giveUp(journal.copies, handle.jobId);
  const tail = await stderrTail([`${batch.paths.stdioPrefix}${handle.jobId}.err`], STDERR_TAIL_LINES);
  if (quit === SCRIPT_EXITS.signalled) return ended('signal', `its script was ended by a signal: ${tail}`);
  if (quit !== null) return ended('failed', `its script gave up: ${tail}`);
  if (handle.jobId === UNKNOWN_JOB) {
    return ended(
      'node',
      `its script ended as it began (disk full, or a loss of power): ${batch.paths.owner} is empty`,
    );
  }
  return ended('node', "the batch's processes are gone without a closing line: killed");
};
