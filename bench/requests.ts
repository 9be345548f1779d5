/** Requests of the benches. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quote } from 'shlex';
import type { JsonObject } from '../src/wire/request.js';

export const taskProgram = (name: string): string =>
  quote(fileURLToPath(new URL(`tasks/${name}`, import.meta.url)));

export interface BenchTask {
  name: string;
  type: 'parallel' | 'non_parallel' | 'converter_non_parallel';
  command: string;
  args?: JsonObject;
  meta?: JsonObject;
}

const workflowTask = (
  { name, type, command, args = {}, meta = {} }: BenchTask,
  order: number,
): JsonObject => {
  const parallel = type === 'parallel';
  return {
    id: order + 1,
    order,
    task_type: type,
    args_parallel: parallel ? args : null,
    args_non_parallel: parallel ? null : args,
    meta_parallel: parallel ? meta : null,
    meta_non_parallel: parallel ? null : meta,
    task: {
      name,
      type,
      command_parallel: parallel ? command : null,
      command_non_parallel: parallel ? null : command,
    },
  };
};

/** Images of a made-up plate. */
export const plateImages = (zarrDir: string, count: number): JsonObject[] =>
  Array.from({ length: count }, (_, index) => ({
    zarr_url: join(zarrDir, 'plate.zarr', String(index)),
    attributes: { plate: 'plate.zarr', field: index },
    types: { is_3D: true },
  }));

export interface BenchRequest {
  /** Folder of the run and of its images. */
  dir: string;
  tasks: BenchTask[];
  images?: number;
  queue?: string;
  backend?: 'local' | 'slurm';
}

export const zarrDirOf = (dir: string): string => join(dir, 'zarr');

export const benchRequest = ({
  dir,
  tasks,
  images = 0,
  queue,
  backend = 'local',
}: BenchRequest): JsonObject => ({
  workflow: { name: 'Bench', task_list: tasks.map(workflowTask) },
  dataset: { name: 'Bench', zarr_dir: zarrDirOf(dir), images: plateImages(zarrDirOf(dir), images) },
  workflow_dir_local: join(dir, 'run'),
  backend,
  ...(queue === undefined ? {} : { activity_task_queue: queue }),
});
