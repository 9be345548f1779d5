/** Tells what happens to a batch while it is waited for: why it waits, and each unit as it ends. */
import pLimit from 'p-limit';
import type { BatchStatus } from '../../batch/contract.js';
import type { JournalReport, UnitEnd } from '../../batch/read-journals.js';
import type { BatchUnit } from '../../batch/units-file.js';
import type { EventLog } from '../../events/log.js';
import { REASON_CHARACTERS, REASONS_PER_TRY } from '../../events/tunables.js';
import type { Policy } from '../../outcomes/policy.js';
import type { Outcome } from '../../outcomes/unit-outcome.js';
import type { PlanFile } from '../../state/plan-file.js';
import { stem } from '../../tasks/names.js';
import { outputProblem } from '../batch/collect-units.js';
import { OUTPUTS_READ_AT_ONCE } from '../tunables.js';
import { generationOf } from './names.js';
import { endedByJournal, endedByVerdict } from './unit-ended.js';

export interface LiveEvents {
  /** With each look at the batch; never waits. */
  looked(status: BatchStatus, journal: JournalReport, jobId: string): void;
  /** The verdict on the try, whoever has come to it. */
  judged(outcome: Outcome): void;
}

interface Watched {
  runDir: string;
  plan: PlanFile;
  policy: Policy;
  batch: number;
  try: number;
  unitCount: number;
  units(): Promise<BatchUnit[]>;
}

/** Of a retry the units have the names that they were planned with. */
const stemsOf = ({ plan, batch, units }: Watched): ((index: number) => Promise<string>) => {
  if (plan.retry === undefined) return (index) => Promise.resolve(stem(plan.component, batch, index));
  let stems: Promise<Map<number, string>> | null = null;
  return async (index) => {
    stems ??= units().then((all) => new Map(all.map((unit) => [unit.index, unit.stem])));
    return (await stems).get(index) ?? stem(plan.component, batch, index);
  };
};

export const liveEvents = (log: EventLog, watched: Watched): LiveEvents => {
  const { plan, policy, runDir } = watched;
  const of = { runDir, plan };
  const stemOf = stemsOf(watched);
  const limit = pLimit(OUTPUTS_READ_AT_ONCE);
  const seen = new Set<number>();
  const reasons = new Set<string>();
  let before: JournalReport | null = null;

  const waits = (reason: string, jobId: string): void => {
    const short = reason.slice(0, REASON_CHARACTERS);
    if (reasons.has(short) || reasons.size >= REASONS_PER_TRY) return;
    reasons.add(short);
    log.tellSoon([
      {
        event: 'batch_waiting',
        task_index: plan.position,
        generation: generationOf(plan),
        component: plan.component,
        ...{ batch: watched.batch, try: watched.try, job_id: jobId, reason: short },
      },
    ]);
  };
  const tellEnd = async (end: UnitEnd): Promise<void> => {
    const name = await stemOf(end.index);
    const reads = end.status === 0 && end.wroteOutput;
    const problem = reads ? await outputProblem(plan.task_dir, name, plan.component) : null;
    // It is not to be seen here yet: the verdict waits for it.
    if (problem === 'missing') return;
    const event = endedByJournal(of, end, name, watched.try, policy, problem?.why ?? null);
    if (event !== null) log.tellSoon([event]);
  };
  return {
    looked: (status, journal, jobId) => {
      if (status.state === 'pending' && status.reason !== null) waits(status.reason, jobId);
      // The verdict on a batch of one unit comes as soon as its end.
      if (journal === before || watched.unitCount === 1) return;
      before = journal;
      for (const end of journal.ends.values()) {
        if (seen.has(end.index)) continue;
        seen.add(end.index);
        // What cannot be read now is told by the verdict on the batch.
        limit(() => tellEnd(end)).catch(() => undefined);
      }
    },
    judged: ({ units }) => {
      log.tellSoon(units.filter(({ status }) => status !== 'again').map((unit) => endedByVerdict(of, unit)));
    },
  };
};
