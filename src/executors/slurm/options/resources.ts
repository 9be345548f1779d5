/** What one task's jobs need, as `layout` decides it and the plan keeps it (docs/slurm.md). */
import { z } from 'zod';
import type { JsonObject } from '../../../wire/request.js';

/** How a job's memory is asked for; `none`: not at all. */
export const MEMORY_OPTIONS = ['mem', 'mem-per-cpu', 'none'] as const;
export type MemoryOption = (typeof MEMORY_OPTIONS)[number];

/** A type, not an interface, so that it is a JSON object for the plan. */
export type SlurmResources = {
  partition: string | null;
  cpus_per_unit: number;
  /** null: nobody asks for memory, the cluster's default holds. */
  mem_mb_per_unit: number | null;
  /** Absent: `mem`. */
  memory_option?: MemoryOption;
  constraint: string | null;
  gres: string | null;
  gpus: string | null;
  time: string | null;
  account: string | null;
  nodelist: string | null;
  exclude: string | null;
  /** As given; those that start with `#SBATCH` come first in the script. */
  extra_lines: string[];
  /** Name to absolute path. */
  exports: { [name: string]: string };
  worker_init: string | null;
  /** Which `pre_submission_commands` of the configuration run before sbatch. */
  needs_gpu: boolean;
};

const text = z.string().nullable();
const schema: z.ZodType<SlurmResources> = z.object({
  partition: text,
  cpus_per_unit: z.int().positive(),
  mem_mb_per_unit: z.int().positive().nullable(),
  memory_option: z.enum(MEMORY_OPTIONS).optional(),
  constraint: text,
  gres: text,
  gpus: text,
  time: text,
  account: text,
  nodelist: text,
  exclude: text,
  extra_lines: z.array(z.string()),
  exports: z.record(z.string(), z.string()),
  worker_init: text,
  needs_gpu: z.boolean(),
});

/** @throws ZodError when a plan's resources were not made by this backend's layout. */
export const readResources = (resources: JsonObject): SlurmResources => schema.parse(resources);
