/** What lines of `events.jsonl` call the parts of a run. Pure. */
import { join, relative } from 'node:path';
import { ofGeneration } from '../../state/paths.js';
import type { PlanFile } from '../../state/plan-file.js';

/** Of a plan; a retry that a release before 0.4 has planned does not say which it is. */
export const generationOf = ({ retry, generation }: Pick<PlanFile, 'retry' | 'generation'>): number =>
  retry === undefined ? (generation ?? 0) : (retry.generation ?? 1);

/** A path as events name it: relative to the run's directory. */
export const within = (runDir: string, path: string): string => relative(runDir, path);

export const logOf = (taskDir: string, unitStem: string): string => join(taskDir, `${unitStem}-log.txt`);

/** File of the planned units of a stage, in the task's folder. */
export const plannedName = (plan: Pick<PlanFile, 'stage' | 'retry' | 'generation'>): string => {
  const compute = plan.stage === 'compute' ? '-compute' : '';
  return `units_planned${compute}${ofGeneration(generationOf(plan))}.jsonl`;
};

/** File of the image list after a task, in its folder. */
export const imagesName = (generation: number): string => `images${ofGeneration(generation)}.jsonl`;
