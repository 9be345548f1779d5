/**
 * Units that are taken over from an earlier run, as evidence of the first try of their batches: whoever runs, judges, applies
 * or retries needs to know nothing of earlier runs. The other units of such a batch have not begun, and its next try runs them.
 */
import { parseUnits } from '../../batch/units-file.js';
import type { BatchEvidence, UnitEvidence } from '../../outcomes/evidence.js';
import type { TakenUnit } from '../../state/continued-file.js';
import { publishEvidence, readEvidenceIfThere } from '../../state/evidence-file.js';
import { readState } from '../../state/files.js';
import { evidencePath } from '../../state/paths.js';
import type { PlanFile } from '../../state/plan-file.js';
import { takenFinder } from '../../tasks/taken-units.js';
import type { PlanTaskInput } from '../../wire/activities.js';
import { keyOf } from '../batch/batch-of.js';

const headerOf = (
  plan: PlanFile,
  batch: number,
  key: string,
  backend: string,
  left: number,
): BatchEvidence => ({
  ...{ key, try: 1, batch, backend, component: plan.component },
  ...{ job_ids: [], told_job: null, job_name: '' },
  end:
    left === 0
      ? null
      : {
          ...{ cause: 'node', schedulerState: null, node: null, usage: null },
          message: 'what the earlier run has done is taken over, the rest runs now',
        },
  ...{
    refusal: null,
    cancelled: false,
    complete: left === 0,
    journalled: true,
    not_executable: false,
    quit: null,
  },
  ...{ script: '', stdout_file: null, stderr_file: null, requested: {}, avoided_nodes: [], unreadable: null },
  taken: true,
});

/**
 * Publishes what the plan's batches take over; the same for every attempt.
 *
 * @throws StateCorrupt, StorageFailed
 */
export const publishTakenEvidence = async (
  input: PlanTaskInput,
  plan: PlanFile,
  taken: readonly TakenUnit[],
  backend: string,
): Promise<void> => {
  const find = takenFinder(taken, plan.component);
  for (const [batch, planned] of plan.batches.entries()) {
    if (planned.taken !== true) continue;
    const key = keyOf({ ...input, batch, try: 1 });
    const path = evidencePath(input.run.dir, key);
    if ((await readEvidenceIfThere(path)) !== null) continue;
    const units = parseUnits((await readState(planned.units)).toString('utf8'));
    const evidence = units.map((unit): UnitEvidence => {
      const own = find(unit);
      const url = unit.args['zarr_url'];
      const base = {
        ...{ index: unit.index, stem: unit.stem, zarr_url: typeof url === 'string' ? url : null },
        ...{ begun: false, end: null, output: own?.output ?? null, problem: null, lost_output: false },
      };
      if (own === undefined) return base;
      const { state, record, given, ended_at } = own;
      return { ...base, taken: { state, record, given, ended_at } };
    });
    const left = evidence.filter((unit) => unit.taken === undefined).length;
    await publishEvidence(path, { header: headerOf(plan, batch, key, backend, left), units: evidence });
  }
};
