import { expect, it } from 'vitest';
import type { BatchStatus } from '../../src/batch/contract.js';
import { startsOf, untilBegun, untilEnded } from './batches.js';
import { describeOnCluster } from './on-cluster.js';
import { onPartition, run, runToEnd, statuses } from './one-batch.js';

const withoutCgroups = { accounting: true, extra: ['--no-cgroup'] };
describeOnCluster('preemption and memory on a real cluster without cgroups', withoutCgroups, (cluster) => {
  it('a memory limit that only stderr tells of', async () => {
    const greedy = 'x=$(yes | head -c 200M); sleep 600';
    const { batch, end } = await runToEnd(cluster(), { units: ['exit 0', greedy], meta: { mem: 60 } });
    expect(end).toMatchObject({ cause: 'out_of_memory', schedulerState: 'FAILED' });
    expect(end.message).toMatch(/more memory than its limit of 60 ?M/);
    expect(await statuses(batch)).toEqual([0, null]);
  });

  const wholeNode = (...lines: string[]) => ({
    nodelist: cluster().nodes[0],
    extra_lines: ['#SBATCH --exclusive', ...lines],
  });

  it('PREEMPTED: infrastructure, with what never started left alone', async () => {
    const low = await run(
      cluster(),
      { units: ['exit 0', 'sleep 600', 'exit 0'], meta: wholeNode() },
      onPartition(cluster(), 'low'),
    );
    await untilBegun(low.batch, 2);
    const high = await run(
      cluster(),
      { units: ['exit 0'], meta: wholeNode() },
      onPartition(cluster(), 'high'),
    );
    const end = await untilEnded(low.backend, low.batch, low.handle);
    expect(end).toMatchObject({ cause: 'node', schedulerState: 'PREEMPTED', nodeAtFault: false });
    expect(await statuses(low.batch)).toEqual([0, null, null]);
    expect(await untilEnded(high.backend, high.batch, high.handle)).toMatchObject({ cause: 'completed' });
  });

  it('PREEMPTED with a requeue: never seen as ended, goes on with what never started', async () => {
    const low = await run(
      cluster(),
      { units: ['exit 0', 'sleep 600', 'exit 0'], meta: wholeNode() },
      onPartition(cluster(), 'lowrequeue'),
    );
    // As a site does that forces it: the script itself always asks for no requeue.
    await cluster().asRoot(['scontrol', 'update', `JobId=${low.handle.jobId}`, 'Requeue=1']);
    await untilBegun(low.batch, 2);
    const high = await run(
      cluster(),
      { units: ['sleep 2'], meta: wholeNode() },
      onPartition(cluster(), 'high'),
    );
    const seen: BatchStatus[] = [];
    const end = await untilEnded(low.backend, low.batch, low.handle, seen);
    expect(end).toMatchObject({ schedulerState: 'COMPLETED' });
    const id = low.handle.jobId;
    expect(await startsOf(low.batch)).toEqual([[`${id} 0`], [`${id} 0`], [`${id} 1`]]);
    expect(await statuses(low.batch)).toEqual([0, null, 0]);
    await untilEnded(high.backend, high.batch, high.handle);
  });
});
