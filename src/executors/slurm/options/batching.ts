/**
 * How many units go into one job, and how many of them run at once: Fractal's heuristics (docs/slurm.md).
 */
import { LayoutError } from '../../../batch/errors.js';
import type { BatchingConfig } from './config.js';

export interface BatchingInput {
  units: number;
  cpusPerUnit: number;
  /** 0: nobody asks for any. */
  memPerUnitMb: number;
  /** From the task's meta; 0 counts as not given. */
  unitsPerJob: number | null;
  unitsAtOnce: number | null;
  limits: BatchingConfig;
}

export interface BatchingResult {
  unitsPerJob: number;
  unitsAtOnce: number;
}

const refuseOversizedUnit = ({ cpusPerUnit, memPerUnitMb, limits }: BatchingInput): void => {
  if (cpusPerUnit > limits.max_cpus_per_job) {
    throw new LayoutError(
      `cpus_per_task: expected at most ${limits.max_cpus_per_job} (max_cpus_per_job), got ${cpusPerUnit}`,
    );
  }
  if (memPerUnitMb > limits.max_mem_per_job) {
    throw new LayoutError(
      `mem: expected at most ${limits.max_mem_per_job} MB (max_mem_per_job), got ${memPerUnitMb} MB`,
    );
  }
};

const givenBatching = (input: BatchingInput): BatchingResult | null => {
  const { units, cpusPerUnit, memPerUnitMb, limits } = input;
  const unitsPerJob = input.unitsPerJob ?? 0;
  const atOnce = input.unitsAtOnce ?? 0;
  if (unitsPerJob === 0 && atOnce === 0) return null;
  if (unitsPerJob === 0 || atOnce === 0) {
    throw new LayoutError('tasks_per_job and parallel_tasks_per_job: expected both or none, got one of them');
  }
  const unitsAtOnce = Math.min(atOnce, unitsPerJob);
  const excess = (
    [
      ['CPUs per job', unitsAtOnce * cpusPerUnit, 'max_cpus_per_job', limits.max_cpus_per_job],
      ['MB per job', unitsAtOnce * memPerUnitMb, 'max_mem_per_job', limits.max_mem_per_job],
      ['jobs', Math.ceil(units / unitsPerJob), 'max_num_jobs', limits.max_num_jobs],
    ] as const
  ).find(([, wanted, , max]) => wanted > max);
  if (excess !== undefined) {
    const [what, wanted, name, max] = excess;
    throw new LayoutError(
      `tasks_per_job=${unitsPerJob}, parallel_tasks_per_job=${unitsAtOnce}: expected at most ${max} ${what} (${name}), got ${wanted}`,
    );
  }
  return { unitsPerJob, unitsAtOnce };
};

/**
 * Units per job and units at once within a job, both at least 1.
 *
 * @throws LayoutError when one unit needs more than a job may have, when only one of the two numbers is given, or
 * when the given ones exceed a maximum.
 */
export const planBatching = (input: BatchingInput): BatchingResult => {
  const { units, limits, cpusPerUnit, memPerUnitMb } = input;
  refuseOversizedUnit(input);
  const given = givenBatching(input);
  if (given !== null) return given;

  const fitting = (cpus: number, memMb: number) =>
    Math.max(1, Math.min(Math.floor(cpus / cpusPerUnit), Math.floor(memMb / memPerUnitMb)));
  // A target above its maximum would let a job exceed the maximum.
  const target = fitting(
    Math.min(limits.target_cpus_per_job, limits.max_cpus_per_job),
    Math.min(limits.target_mem_per_job, limits.max_mem_per_job),
  );
  if (Math.ceil(units / target) <= limits.target_num_jobs)
    return { unitsPerJob: target, unitsAtOnce: target };
  const most = fitting(limits.max_cpus_per_job, limits.max_mem_per_job);
  if (Math.ceil(units / most) <= limits.max_num_jobs) return { unitsPerJob: most, unitsAtOnce: most };
  return { unitsPerJob: Math.ceil(units / limits.max_num_jobs), unitsAtOnce: most };
};

/**
 * Units at once that fit into one job: those of the layout, fewer where a unit has since been given more memory.
 */
export const fittingLanes = (
  lanes: number,
  unit: { cpus_per_unit: number; mem_mb_per_unit: number | null },
  limits: Pick<BatchingConfig, 'max_cpus_per_job' | 'max_mem_per_job'>,
): number =>
  Math.max(
    1,
    Math.min(
      lanes,
      Math.floor(limits.max_cpus_per_job / unit.cpus_per_unit),
      Math.floor(limits.max_mem_per_job / (unit.mem_mb_per_unit ?? 0)),
    ),
  );
