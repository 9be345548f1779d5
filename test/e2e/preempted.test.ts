/** A batch that the scheduler takes away again and again before any of its units has begun: charged to nobody, and not for ever. */
import { join } from 'node:path';
import { access } from 'node:fs/promises';
import { expect, inject, it, vi } from 'vitest';
import type { Backend } from '../../src/batch/contract.js';
import { JobExecutionError } from '../../src/client/index.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import type * as tunables from '../../src/outcomes/tunables.js';
import { MAX_TRIES_WITHOUT_PROGRESS } from '../../src/outcomes/tunables.js';
import { startHarness } from '../support/harness.js';
import { readResult } from '../support/read-result.js';
import { makeRequest } from '../support/scripted-requests.js';

/** More than the tries that end no unit for any other reason; a hundred would take half a minute. */
const AT_MOST = vi.hoisted(() => 7);

vi.mock('../../src/outcomes/tunables.js', async (load) => ({
  ...(await load<object>()),
  MAX_PREEMPTIONS: AT_MOST,
}));

const taken = { state: 'ended', cause: 'node', schedulerState: 'PREEMPTED', preempted: true } as const;

const preempting = (stateDir: string, queue: string): Backend => ({
  ...createLocalBackend({ stateDir, queue, mem: null }),
  executor: {
    submit: () => Promise.resolve({ jobId: '1', facts: {} }),
    status: () => Promise.resolve({ ...taken, message: 'taken away', node: 'n1', usage: null }),
    cancel: () => Promise.resolve({ jobIds: [], uncertain: null }),
  },
});

it('ends after so many in a row, with no unit begun, whatever the other tries allow', async () => {
  const harness = await startHarness({ address: inject('temporal').address, backend: preempting });
  try {
    const dir = await harness.folder();
    const tasks = [{ type: 'parallel' as const, runs_file: join(dir, 'runs') }];
    const extra = { recovery: { infrastructure: { tries: 1 } } };
    const run = await harness.start(makeRequest({ dir, tasks, images: ['a'], extra }));
    await expect(run.result()).rejects.toThrow(JobExecutionError);
    const [unit] = (await readResult(dir)).task_runs[0]?.units ?? [];
    expect(unit).toMatchObject({ status: 'failed', cause: 'never_started' });
    expect(unit?.tries).toHaveLength(AT_MOST);
    expect(AT_MOST).toBeGreaterThan(MAX_TRIES_WITHOUT_PROGRESS);
    const { MAX_PREEMPTIONS } = await vi.importActual<typeof tunables>('../../src/outcomes/tunables.js');
    expect(MAX_PREEMPTIONS).toBe(100);
    await expect(access(join(dir, 'runs'))).rejects.toThrow(/ENOENT/);
  } finally {
    await harness.stop();
  }
});
