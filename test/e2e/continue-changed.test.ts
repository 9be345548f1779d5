/** A run that goes on with another command and other resources: the task that failed has them, those that are done are the same. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { InvalidRequestError, TaskExecutionError } from '../../src/client/index.js';
import { startClusterGround, type ClusterGround } from '../support/running-cluster.js';
import { makeRequest, scriptedTask, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';

let ground: ClusterGround;
beforeAll(async () => {
  ground = await startClusterGround({ runner_config: { late_file_wait_seconds: 0 } });
});
afterAll(() => ground.harness.stop());

it('only the units that failed run with what was changed', async () => {
  const { harness } = ground;
  const dir = await harness.folder();
  const other = join(dir, 'other.mjs');
  const told = JSON.stringify(join(dir, 'others'));
  await writeFile(
    other,
    `import { appendFileSync } from 'node:fs';\nappendFileSync(${told}, 'x');\nawait import(${JSON.stringify(scriptedTask)});\n`,
  );
  const changed = { command: `node ${other}`, meta: { mem: '200M' } };
  const start = (name: string, exit: number, first: Partial<TaskSpec>, second: Partial<TaskSpec>) => {
    const tasks: TaskSpec[] = [
      { type: 'parallel', runs_file: join(dir, 'first'), meta: { mem: '100M' }, ...first },
      {
        ...{ type: 'parallel', runs_file: join(dir, 'second'), meta: { mem: '100M' }, ...second },
        script: { [zarrUrl(dir, 'b')]: { exit } },
      },
    ];
    const from = name === 'run' ? {} : { continue_from: join(dir, 'run') };
    const extra = { backend: 'slurm', workflow_dir_local: join(dir, name), ...from };
    return harness.start(makeRequest({ dir, tasks, images: ['a', 'b'], extra }));
  };
  await expect((await start('run', 3, {}, {})).result()).rejects.toThrow(TaskExecutionError);
  const refused: unknown = await (
    await start('again', 0, changed, changed)
  )
    .result()
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(InvalidRequestError);
  expect((refused as InvalidRequestError).errors.map(({ path }) => path)).toEqual([
    '/workflow/task_list/0/meta_parallel',
    '/workflow/task_list/0/task/command_parallel',
  ]);
  const result = await (await start('again', 0, {}, changed)).result();
  const asked = result.task_runs.map(({ units }) =>
    units.map(({ tries = [] }) => tries.at(-1)?.asked['mem_mb_per_unit']),
  );
  expect(asked).toEqual([
    [100, 100],
    [100, 200],
  ]);
  expect(await readFile(join(dir, 'others'), 'utf8')).toBe('x');
  const counts = ['first', 'second'].map(
    async (file) => (await readFile(join(dir, file), 'utf8')).trim().split('\n').length,
  );
  expect(await Promise.all(counts)).toEqual([2, 3]);
});
