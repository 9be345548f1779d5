/** What the demo prints at its end. */
import { relative } from 'node:path';
import Table from 'cli-table3';
import type { Image } from '../../src/wire/request.js';
import type { RunResult } from '../../src/wire/result.js';

/** Without colours: the same in a terminal, a file and a log. */
const plain = { head: [], border: [] };

const typesOf = ({ types }: Image): string =>
  Object.entries(types)
    .map(([name, value]) => (value ? name : `not ${name}`))
    .join(', ');

/** The final image list, urls relative to `zarrDir`. */
export const imageTable = (images: readonly Image[], zarrDir: string): string => {
  const table = new Table({
    head: ['image', 'made from', 'well', 'types'],
    style: { ...plain, compact: true },
  });
  for (const image of images) {
    const origin = image.origin === null ? '' : relative(zarrDir, image.origin);
    table.push([
      relative(zarrDir, image.zarr_url),
      origin,
      String(image.attributes.well ?? ''),
      typesOf(image),
    ]);
  }
  return table.toString();
};

/** One line per task: units, time, what it brought, and on SLURM its jobs. */
export const taskTable = ({ task_runs: taskRuns }: RunResult): string => {
  const onSlurm = taskRuns.some(({ slurm_job_ids: jobs }) => jobs.length > 0);
  const head = ['task', 'status', 'units', 'new images', 'seconds', ...(onSlurm ? ['SLURM jobs'] : [])];
  const table = new Table({ head, style: { ...plain, compact: true } });
  for (const run of taskRuns) {
    const { started, ended } = run;
    const seconds = ended === null ? '' : ((Date.parse(ended) - Date.parse(started)) / 1000).toFixed(1);
    const row = [run.task_name, run.status, run.num_tasks, run.num_new_images, seconds];
    table.push(onSlurm ? [...row, run.slurm_job_ids.join(' ')] : row);
  }
  return table.toString();
};
