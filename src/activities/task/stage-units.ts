/**
 * The units of a stage with what became of them, one batch after the other: a task may have 100,000, and whoever
 * reads them keeps only what it needs of them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseUnits } from '../../batch/units-file.js';
import type { TryEvidence } from '../../outcomes/evidence.js';
import type { Policy } from '../../outcomes/policy.js';
import { finalUnits, type FinalUnit, type PlannedUnit } from '../../outcomes/task-units.js';
import type { OutcomeHeader } from '../../outcomes/unit-outcome.js';
import { judgeTry, noVerdict, type Verdict } from '../../outcomes/verdict.js';
import { StateCorrupt, StorageFailed } from '../../state/errors.js';
import { readEvidence } from '../../state/evidence-file.js';
import { readState } from '../../state/files.js';
import { evidencePath } from '../../state/paths.js';
import type { RunReference, StageTries } from '../../wire/stages.js';
import { keyOf, partsOfTry, type WhichTry } from '../batch/batch-of.js';
import { namedTry, publishUnreadable } from '../batch/unreadable-try.js';
import type { PlanFile, PlannedBatch } from '../../state/plan-file.js';
import { aside } from '../turns.js';
import { LATE_FILE_LOOK_MS } from '../tunables.js';

export interface BatchUnits {
  /** Of every try of the batch, also of those that decided no unit. */
  headers: OutcomeHeader[];
  /** In the order of their indices. */
  units: FinalUnit[];
}

export interface StageSource {
  run: RunReference;
  plan: PlanFile;
  /** How often each batch was tried. */
  tries: Pick<StageTries, 'first_try' | 'begun' | 'more_tries'>;
  policy: Policy;
  /** The run was cancelled: what never started was cancelled before. */
  cancelled: boolean;
  /** What its batches are called after, and who ran them. */
  workflowName: string;
  backend: string;
  /** Until when (epoch ms) evidence that is not there yet is waited for: another host may have written it. */
  lateUntil: number;
}

const isForGood = (error: unknown): error is Error =>
  error instanceof StateCorrupt || (error instanceof StorageFailed && error.isPermanent);

/** What is known of units that no evidence speaks of; nothing where that cannot be read either. */
const plannedUnits = async ({ units }: PlannedBatch): Promise<Map<number, PlannedUnit>> => {
  try {
    const planned = parseUnits((await readState(units)).toString('utf8'));
    return new Map(
      planned.map(({ index, stem, args }) => {
        const url = args['zarr_url'];
        return [index, { index, stem, zarr_url: typeof url === 'string' ? url : null }];
      }),
    );
  } catch (error) {
    if (isForGood(error)) return new Map();
    throw error;
  }
};

const readInTime = async (path: string, lateUntil: number): Promise<TryEvidence> => {
  for (;;) {
    try {
      return await readEvidence(path);
    } catch (error) {
      if (!isForGood(error) || Date.now() >= lateUntil) throw error;
    }
    await aside(() => sleep(LATE_FILE_LOOK_MS));
  }
};

/**
 * Says for everybody that the evidence of a try cannot be had: whoever comes later finds that, and decides no other than
 * this attempt. Where not even that can be written, nobody else will read it either.
 */
const giveUpOn = async (source: StageSource, which: WhichTry, why: string): Promise<TryEvidence | null> => {
  const { plan, workflowName, backend } = source;
  const { order, task_name: taskName, component, task_dir: taskDir } = plan;
  const batch = namedTry(which, { workflowName, order, taskName, component, taskDir }, backend);
  try {
    return await publishUnreadable(
      { runDir: which.run.dir, batch, try: which.try, index: which.batch, backend, component, jobIds: [] },
      why,
    );
  } catch (error) {
    if (isForGood(error)) return null;
    throw error;
  }
};

/** The evidence of all parts of a try that can be read, and why one of them cannot be had. */
const evidenceOf = async (
  source: StageSource,
  parts: readonly WhichTry[],
): Promise<{ evidence: TryEvidence[]; unreadable: string | null }> => {
  const evidence: TryEvidence[] = [];
  let unreadable: string | null = null;
  for (const part of parts) {
    let read: TryEvidence | null;
    try {
      read = await readInTime(evidencePath(part.run.dir, keyOf(part)), source.lateUntil);
    } catch (error) {
      // One damaged file must not take the outputs of all other batches with it.
      if (!isForGood(error)) throw error;
      read = await giveUpOn(source, part, error.message);
      unreadable ??= read === null ? error.message : null;
    }
    if (read === null) continue;
    evidence.push(read);
    unreadable ??= read.header.unreadable;
  }
  return { evidence, unreadable };
};

/** The verdict on a batch, up to a try of which something cannot be read. */
const verdictOn = async (
  source: StageSource,
  batch: number,
): Promise<{ verdict: Verdict; unreadable: string | null }> => {
  const { run, plan, tries, policy } = source;
  const { first_try: first = 1, begun, more_tries } = tries;
  const before = plan.batches[batch]?.taken === true ? first : 0;
  const last = batch < begun ? (more_tries[String(batch)] ?? first) : before;
  let verdict = noVerdict;
  for (let attempt = first; attempt <= last; attempt++) {
    const which = { run, position: plan.position, stage: plan.stage, batch, try: attempt };
    const { evidence, unreadable } = await evidenceOf(source, partsOfTry(verdict, which, policy, first));
    verdict = judgeTry(verdict, evidence, policy);
    if (unreadable !== null) return { verdict, unreadable };
  }
  return { verdict, unreadable: null };
};

const unitsOfBatch = async (
  source: StageSource,
  index: number,
  batch: PlannedBatch,
  first: number,
): Promise<BatchUnits> => {
  const { plan, cancelled } = source;
  const { verdict, unreadable } = await verdictOn(source, index);
  const { outcomes, units } = verdict;
  const planned = units.size === batch.count ? null : await plannedUnits(batch);
  const unit = (at: number): PlannedUnit => planned?.get(at) ?? { index: at, stem: '', zarr_url: null };
  const indices =
    plan.retry === undefined
      ? Array.from({ length: batch.count }, (_, place) => first + place)
      : [...new Set([...units.keys(), ...(planned?.keys() ?? [])])].sort((left, right) => left - right);
  return {
    headers: outcomes.map(({ header }) => header),
    units: finalUnits(outcomes, indices, plan.component, unit, { cancelled, unreadable }),
  };
};

/** @throws StorageFailed while storage fails. */
export async function* stageUnits(source: StageSource): AsyncGenerator<BatchUnits> {
  let first = 0;
  for (const [index, batch] of source.plan.batches.entries()) {
    yield await unitsOfBatch(source, index, batch, first);
    first += batch.count;
  }
}
