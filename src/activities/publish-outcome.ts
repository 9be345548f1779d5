/** The outcome of a batch that has ended: read from what it left behind, published once and for all. */
import pLimit from 'p-limit';
import type { JournalReport } from '../batch/read-journals.js';
import type { EndCause } from '../executors/contract.js';
import { formatOutcome } from '../outcomes/outcome-file.js';
import type { Outcome, UnitOutcome } from '../outcomes/unit-outcome.js';
import { createExclusive, publishState } from '../state/files.js';
import { outcomePath } from '../state/paths.js';
import type { BatchOutcome, RunBatchInput } from '../wire/activities.js';
import type { BatchEnd } from './await-batch.js';
import type { PreparedBatch } from './batch-of.js';
import { collectUnits } from './collect-outcome.js';
import type { PlanFile } from './plan-file.js';
import { BATCHES_COLLECTED_AT_ONCE } from './tunables.js';

export const outcomeCounts = (outcome: Outcome, path: string, sha256: string): BatchOutcome => {
  const count = (status: string): number => outcome.units.filter((unit) => unit.status === status).length;
  return {
    outcome: { path, sha256 },
    done: count('done'),
    failed: count('failed'),
    again: count('again'),
    progressed: outcome.units.some((unit) => unit.seconds !== null),
  };
};

/** Everything `collect` needs to know of a batch that has ended. */
export interface EndedBatch {
  prepared: PreparedBatch;
  plan: PlanFile;
  input: Pick<RunBatchInput, 'run' | 'batch' | 'try' | 'position' | 'stage'>;
  journal: JournalReport;
  cause: EndCause | null;
  status: BatchEnd['status'];
  rerunInterrupted: boolean;
  mayTryAgain: boolean;
  lateFilesMs: number;
  refusal: string | null;
}

/** Counts the limits for the next try; a try that reached none of them asks for no more than it had. */
const raisedBy = (
  units: UnitOutcome[],
  cause: EndCause | null,
  before: PreparedBatch['raised'],
): PreparedBatch['raised'] => {
  const interrupted = units.some((unit) => unit.status === 'again' && unit.interrupted);
  if (!interrupted) return before;
  return {
    memory: before.memory + (cause === 'out_of_memory' ? 1 : 0),
    time: before.time + (cause === 'timeout' ? 1 : 0),
  };
};

/** The script was told to start nothing more (docs/batch-script.md): a new job goes on where it stopped. */
const DRAINED = 95;

const causeOf = (ended: EndedBatch): EndCause | null =>
  ended.cause === 'failed' && ended.journal.copies.at(-1)?.quit === DRAINED ? 'node' : ended.cause;

const turn = pLimit(BATCHES_COLLECTED_AT_ONCE);

/** Reads what a batch left behind and publishes its outcome, when its turn has come. */
export const collect = (ended: EndedBatch): Promise<{ outcome: Outcome; counts: BatchOutcome }> =>
  turn(() => collectNow(ended));

const collectNow = async (ended: EndedBatch): Promise<{ outcome: Outcome; counts: BatchOutcome }> => {
  const { prepared, plan, input, journal, status } = ended;
  const { batch } = prepared;
  const cause = causeOf(ended);
  // What has not started by now must not start later, whatever copy of the script is still about.
  if (!journal.complete)
    await createExclusive(batch.paths.tombstone, `${status?.message ?? ended.refusal ?? 'ended'}\n`);
  const units = await collectUnits({
    component: plan.component,
    taskDir: plan.task_dir,
    units: await prepared.units(),
    journal,
    evidence: {
      cause,
      rerunInterrupted: ended.rerunInterrupted,
      mayTryAgain: ended.mayTryAgain,
    },
    lateFilesMs: ended.lateFilesMs,
  });
  const jobIds = [...new Set(journal.copies.map((copy) => copy.jobId))];
  const lastJob = jobIds.at(-1) ?? null;
  const outcome: Outcome = {
    header: {
      key: batch.key,
      try: input.try,
      batch: input.batch,
      jobs: jobIds.map((jobId) => ({
        job_id: jobId,
        job_name: batch.jobName,
        state: jobId === lastJob ? (status?.schedulerState ?? null) : null,
        node: jobId === lastJob ? (status?.node ?? null) : null,
        usage: jobId === lastJob ? (status?.usage ?? null) : null,
        requested: batch.resources,
      })),
      cause,
      message: ended.refusal ?? status?.message ?? null,
      script: batch.paths.script,
      stdout_file: lastJob === null ? null : `${batch.paths.stdioPrefix}${lastJob}.out`,
      stderr_file: lastJob === null ? null : `${batch.paths.stdioPrefix}${lastJob}.err`,
      bad_nodes:
        cause === 'node' && status !== null && status.node !== null
          ? [...new Set([...batch.avoidNodes, status.node])]
          : batch.avoidNodes,
      raised: raisedBy(units, cause, prepared.raised),
    },
    units,
  };
  const path = outcomePath(input.run.dir, batch.key);
  const { sha256 } = await publishState(path, formatOutcome(outcome));
  return { outcome, counts: outcomeCounts(outcome, path, sha256) };
};
