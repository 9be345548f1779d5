/** What the Web UI shows first of a run whose task failed, and of a request that looks misspelt. */
import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ address: inject('temporal').address });
});
afterAll(() => harness.stop());

/** Every failure in a run's history, as the Web UI gets it. */
const failuresOf = async (workflowId: string) => {
  const { events } = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ activityTaskFailedEventAttributes: activity, ...event }) => {
    const failure = activity?.failure ?? event.workflowExecutionFailedEventAttributes?.failure;
    return failure ? [failure] : [];
  });
};

describe('a failed task', () => {
  it("its headline holds its log's last line, and no failure of it a stack of ours", async () => {
    const dir = await harness.folder();
    const log = `10%\r50%\rloading\n\u001b[31mValueError: no channel "DAPI"${'!'.repeat(300)}\u001b[0m\n\n`;
    const task = { type: 'parallel', script: { '*': { log, exit: 3 } } } as const;
    const run = await harness.start(makeRequest({ dir, tasks: [task], images: ['a', 'b'] }));
    await expect(run.result()).rejects.toThrow('exit code 3');
    const failures = await failuresOf(run.workflowId);
    expect(failures.length).toBeGreaterThanOrEqual(2);
    for (const { message, stackTrace, applicationFailureInfo } of failures) {
      expect(applicationFailureInfo?.type).toBe('TaskExecutionError');
      expect(message).toMatch(
        /: the task ended with exit code 3\. Its log ends: "ValueError: no channel "DAPI"!{171}\.\.\."\. 2 of 2 units/,
      );
      expect(stackTrace ?? '').toBe('');
    }
  });

  it('an empty log adds nothing; a request that is refused has no stack either', async () => {
    const dir = await harness.folder();
    const task = { type: 'parallel', script: { '*': { exit: 4 } } } as const;
    const run = await harness.start(makeRequest({ dir, tasks: [task], images: ['a'] }));
    await expect(run.result()).rejects.toThrow('ended with exit code 4. 1 of 1 units failed. Log: /');
    const refused = await harness.start({ ...makeRequest({ dir, tasks: [task] }), workflow_dir_local: 'x' });
    await expect(refused.result()).rejects.toThrow('an absolute path');
    for (const { stackTrace } of await failuresOf(refused.workflowId)) expect(stackTrace ?? '').toBe('');
  });
});

describe('a key that is ignored and looks misspelt', () => {
  it('is a warning of the run, and stands in its log', async () => {
    const dir = await harness.folder();
    const task = { type: 'parallel', meta: { cpus_per_tsk: 2 } } as const;
    const run = await harness.start(makeRequest({ dir, tasks: [task], images: ['a'] }));
    await run.result();
    const warning =
      '/workflow/task_list/0/meta_parallel/cpus_per_tsk is ignored: did you mean "cpus_per_task"?';
    expect((await run.progress()).progress?.warnings).toEqual([warning]);
    expect(await readFile(join(dir, 'run', 'workflow.log'), 'utf8')).toContain(warning);
  });

  it('of images too, the same one once; of very many keys the first', async () => {
    const dir = await harness.folder();
    const request = makeRequest({ dir, tasks: [{ type: 'parallel' }], images: ['a', 'b'] });
    const others = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`site_key_${index}`, index]));
    const images = request.dataset.images.map((image) => ({ ...image, orgin: null, ...others }));
    const run = await harness.start({ ...request, dataset: { ...request.dataset, images } });
    await run.result();
    expect((await run.progress()).progress?.warnings).toEqual([
      '/dataset/images/0/orgin is ignored: did you mean "origin"?',
    ]);
  });
});
