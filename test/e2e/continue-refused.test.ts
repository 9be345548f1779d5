/** Earlier runs from which none can go on (docs/continuing.md), on a real server. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError, JobExecutionError } from '../../src/client/index.js';
import { harness, begun, runIn, done } from '../support/continued-runs.js';
import { until } from '../support/until.js';
import { makeRequest, type TaskSpec } from '../support/scripted-requests.js';

describe('what cannot be continued', () => {
  const tasks: TaskSpec[] = [{ type: 'parallel' }];
  const refusal = async (dir: string, extra: Record<string, unknown>): Promise<[string, string]> => {
    const { error } = await runIn(dir, 'new', null, { tasks, images: ['a'], extra });
    expect(error).toBeInstanceOf(InvalidRequestError);
    const [first] = (error as InvalidRequestError).errors;
    return [first?.path ?? '', first?.got ?? ''];
  };

  it('is refused with words', async () => {
    const dir = await harness.folder();
    expect(await refusal(dir, { continue_from: join(dir, 'nowhere') })).toEqual([
      '/continue_from',
      `${dir}/nowhere, which is no folder that the worker can read`,
    ]);
    expect(await refusal(dir, { continue_from: dir })).toEqual([
      '/continue_from',
      `${dir}, which is no directory of a run`,
    ]);
    expect((await refusal(dir, { continue_from: join(dir, 'new') }))[0]).toBe('/continue_from');
    await runIn(dir, 'old', null, { tasks, images: ['a'] });
    const elsewhere = { zarr_dir: join(dir, 'other'), images: [] };
    expect(await refusal(dir, { continue_from: join(dir, 'old'), dataset: elsewhere })).toEqual([
      '/dataset/zarr_dir',
      join(dir, 'other'),
    ]);
  });

  it('a run that still lives is refused until it is over', async () => {
    const dir = await harness.folder();
    const waiting: TaskSpec[] = [
      {
        type: 'parallel',
        script: { '*': { wait_for: join(dir, 'go'), exit: 1 } },
        runs_file: join(dir, 'begun'),
      },
    ];
    const handle = await harness.start(
      makeRequest({ dir, tasks: waiting, images: ['a'], extra: { workflow_dir_local: join(dir, 'old') } }),
    );
    await until('its unit to begin', async () => (await begun(join(dir, 'begun'))).length > 0);
    const [path, got] = await refusal(dir, { continue_from: join(dir, 'old') });
    expect(path).toBe('/continue_from');
    expect(got).toMatch(/is still going on: wait for its end, or cancel it .*; one that is held goes on by/);
    await handle.cancel();
    await handle.result().catch(() => undefined);
    // Its unit has begun and was interrupted: it runs again only where that is allowed.
    const barred = await runIn(dir, 'run.2', 'old', { tasks, images: ['a'] });
    expect(barred.error).toBeInstanceOf(JobExecutionError);
    expect((barred.error as Error).message).toMatch(
      /had begun in the earlier run and was interrupted there \(.*\/old\/0_task_0\/par-.*-log\.txt\).* allow it with recovery\.rerun_interrupted\. (?!\.)/,
    );
    expect(done(barred.result).task_runs[0]?.units[0]).toMatchObject({
      status: 'failed',
      cause: 'cancelled',
    });
    const allowed = await runIn(dir, 'run.3', 'run.2', {
      tasks,
      images: ['a'],
      extra: { recovery: { rerun_interrupted: true } },
    });
    expect(allowed.error).toBeNull();
  });
});
