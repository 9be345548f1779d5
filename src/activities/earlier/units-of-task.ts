/** What became of each unit of one task of an earlier run, from all that its directory holds. */
import { basename, join } from 'node:path';
import type { Backend } from '../../batch/contract.js';
import { parseUnits, type BatchUnit } from '../../batch/units-file.js';
import type { TryEvidence } from '../../outcomes/evidence.js';
import { asPlanned } from '../../outcomes/ask.js';
import { policyOf, type Policy } from '../../outcomes/policy.js';
import { settleRecovery } from '../../outcomes/settle-recovery.js';
import type { UnitOutcome } from '../../outcomes/unit-outcome.js';
import { judgeTry, noVerdict } from '../../outcomes/verdict.js';
import type { TakenUnit } from '../../state/continued-file.js';
import { readEvidence } from '../../state/evidence-file.js';
import { readState } from '../../state/files.js';
import { parseLines } from '../../state/json-lines.js';
import { evidencePath, planPath } from '../../state/paths.js';
import { readPlanIfThere, type PlanFile } from '../../state/plan-file.js';
import type { Stage } from '../../wire/stages.js';
import type { UnitRecord } from '../../wire/result.js';
import { unitRecord, type TaskRecordReference } from '../task/task-record.js';
import { recordOf, within, type EarlierRun, type EarlierTry } from './earlier-run.js';
import { seeUnpublishedTry } from './unpublished-try.js';

export interface EarlierUnit extends Omit<TakenUnit, 'state'> {
  /** `failed`: it has ended by itself, and not well; `open`: it never began. */
  state: 'done' | 'interrupted' | 'failed' | 'open';
}

export interface EarlierTask {
  /** null: it was never applied. */
  record: TaskRecordReference | null;
  /** In the order of their stages and indices. */
  units: EarlierUnit[];
}

const OWN_ENDS = new Set<string>(['exit', 'signal', 'invalid_output', 'not_executable']);

const stateOf = (unit: UnitOutcome): EarlierUnit['state'] => {
  if (unit.status === 'done') return 'done';
  if (unit.interrupted || unit.interrupted_in !== null) return 'interrupted';
  const ended = unit.seconds !== null || (unit.cause !== null && OWN_ENDS.has(unit.cause));
  return ended ? 'failed' : 'open';
};

const noMore = (position: number): Policy => policyOf({ recovery: settleRecovery({}, {}, {}) }, position);

const evidenceOf = async (
  run: EarlierRun,
  tried: EarlierTry,
  plan: PlanFile,
  backend: Backend,
): Promise<TryEvidence | null> =>
  tried.hasEvidence
    ? readEvidence(evidencePath(run.dir, tried.key))
    : seeUnpublishedTry(run, tried, plan, backend);

/** What the tries say of each unit, by index: one that was done is done, else the last that began it counts. */
const outcomesOf = async (
  run: EarlierRun,
  plan: PlanFile,
  backend: Backend,
): Promise<Map<number, UnitOutcome>> => {
  const outcomes = new Map<number, UnitOutcome>();
  const { position, stage } = plan;
  for (const tried of run.tries) {
    if (tried.position !== position || tried.stage !== stage) continue;
    const evidence = await evidenceOf(run, tried, plan, backend);
    if (evidence === null) continue;
    // Whatever the policy: a unit that is left to run again was interrupted or has never begun.
    for (const unit of judgeTry(noVerdict, [evidence], noMore(position)).units.values()) {
      const before = outcomes.get(unit.index);
      if (before !== undefined && (stateOf(before) === 'done' || stateOf(unit) === 'open')) continue;
      outcomes.set(unit.index, unit);
    }
  }
  return outcomes;
};

const plannedUnits = async (run: EarlierRun, plan: PlanFile): Promise<BatchUnit[]> => {
  const units: BatchUnit[] = [];
  for (const batch of plan.batches)
    units.push(...parseUnits((await readState(within(run, batch.units))).toString('utf8')));
  return units;
};

const recordsOf = async (
  run: EarlierRun,
  record: TaskRecordReference | null,
): Promise<Map<string, UnitRecord>> => {
  if (record === null) return new Map();
  const lines = parseLines<UnitRecord>(await readState(within(run, record.units)));
  return new Map([...lines].map((unit) => [`${unit.component} ${unit.index}`, unit]));
};

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const takenBefore = async (run: EarlierRun, position: number, stage: Stage): Promise<EarlierUnit[]> => {
  const reference = run.continued?.units[String(position)];
  if (reference === undefined) return [];
  const units = parseLines<TakenUnit>(await readState(within(run, reference)));
  return [...units].filter(({ component }) => (component === 'compute') === (stage === 'compute'));
};

const neverBegun = (component: UnitOutcome['component'], index: number, stem: string): UnitOutcome => ({
  ...{ component, index, stem, zarr_url: null, status: 'failed', begun: false, interrupted: false },
  ...{ interrupted_in: null, cause: 'never_started', exit_code: null, signal: null, job_id: null },
  ...{ seconds: null, ended_at: null, message: null, lost_output: false, output: null },
  ...{ wants: asPlanned, spent: {}, barren: 0, preemptions: 0, tries: [] },
});

const stageUnits = async (
  run: EarlierRun,
  position: number,
  stage: Stage,
  records: ReadonlyMap<string, UnitRecord>,
  backend: Backend,
): Promise<EarlierUnit[]> => {
  const adopted = await readPlanIfThere(planPath(run.dir, position, stage));
  // It was not reached: what it would have taken over itself is still there to be had.
  if (adopted === null) return takenBefore(run, position, stage);
  // The directory may have been moved since.
  const plan = { ...adopted.plan, task_dir: join(run.dir, basename(adopted.plan.task_dir)) };
  const outcomes = await outcomesOf(run, plan, backend);
  const { component } = plan;
  const isMany = component === 'parallel' || component === 'compute';
  return (await plannedUnits(run, plan)).map(({ index, stem, args }) => {
    const url = args['zarr_url'];
    const { zarr_urls: urls, init_args: initArgs } = args;
    const outcome = outcomes.get(index) ?? neverBegun(component, index, stem);
    const state = stateOf(outcome);
    const given = isMany ? null : isTexts(urls) ? urls : [];
    const own = unitRecord(
      { ...outcome, header: null },
      { taskDir: plan.task_dir, allFailed: false, isSlurm: run.request.backend === 'slurm' },
      given ?? [],
    );
    const known = records.get(`${component} ${index}`) ?? own;
    return {
      ...{ component, index, state, output: outcome.output, ended_at: outcome.ended_at },
      zarr_url: isMany && typeof url === 'string' ? url : null,
      given,
      init_args: component === 'compute' ? ((initArgs ?? {}) as EarlierUnit['init_args']) : null,
      // Units of a compound fail together, also those that are done.
      record: state === 'done' ? { ...known, status: 'done', cause: null } : known,
    };
  });
};

/**
 * Where every unit has ended well and all of them count as failed, their output could not be applied: those that returned
 * it have failed.
 */
const unlessUseless = (units: EarlierUnit[], records: ReadonlyMap<string, UnitRecord>): EarlierUnit[] => {
  const applied = [...records.values()];
  const useless = applied.length > 0 && applied.every(({ status }) => status === 'failed');
  if (!useless || units.some(({ state }) => state !== 'done')) return units;
  return units.map((unit) => (unit.component === 'init' ? unit : { ...unit, state: 'failed' }));
};

/**
 * The task at a position; nothing where it was never planned.
 *
 * @throws NotContinuable when a batch of it lives, StateCorrupt and StorageFailed for what cannot be read.
 */
export const readEarlierTask = async (
  run: EarlierRun,
  position: number,
  backend: Backend,
): Promise<EarlierTask> => {
  const record = await recordOf(run, position);
  const records = await recordsOf(run, record);
  const first = await stageUnits(run, position, 'first', records, backend);
  const compute = await stageUnits(run, position, 'compute', records, backend);
  return { record, units: unlessUseless([...first, ...compute], records) };
};
