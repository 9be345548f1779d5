import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BatchStatus } from '../../src/batch/contract.js';
import { backendOn, journalOf, makeBatch, newContext, startsOf, untilBegun, untilEnded } from './batches.js';
import type { Cluster } from './cluster.js';
import { describeOnCluster } from './on-cluster.js';
import { until } from './until.js';

/** A node is written off after SlurmdTimeout, its jobs are requeued some seconds later. */
const longTest = 240_000;
const busy = 'until [[ -e go ]]; do sleep 0.1; done';

/** A job on the second node, for as long as it lives; requeued elsewhere when it does not. */
const onSecondNode = (cluster: Cluster) => ({
  extra_lines: [`#SBATCH --prefer=second`],
  exclude: cluster.nodes[0],
});

const nodesAreUp = async (cluster: Cluster): Promise<boolean> => {
  const { stdout } = await cluster.asRoot(['sinfo', '-h', '-p', 'normal', '-o', '%D %t']);
  return stdout === '2 idle';
};

describeOnCluster('nodes that die on a real cluster', {}, (cluster) => {
  const restoreNode = async (): Promise<void> => {
    await cluster().startDaemon('slurmd-2');
    await until(async () => {
      await cluster()
        .asRoot(['scontrol', 'update', `NodeName=${cluster().nodes[1]}`, 'State=RESUME'])
        .catch(() => null);
      return nodesAreUp(cluster());
    });
  };

  it(
    'NODE_FAIL: infrastructure, names the node; what never started has not been touched',
    async () => {
      const backend = backendOn(cluster());
      const meta = onSecondNode(cluster());
      const batch = await makeBatch(cluster(), backend, { units: ['exit 0', busy, 'exit 0'], meta });
      const handle = await backend.executor.submit(batch, newContext());
      await untilBegun(batch, 2);
      await cluster().killNode(2);
      const seen: BatchStatus[] = [];
      const end = await untilEnded(backend, batch, handle, seen);
      expect(end).toMatchObject({
        cause: 'node',
        schedulerState: 'NODE_FAIL',
        node: cluster().nodes[1],
        nodeAtFault: true,
      });
      expect(await startsOf(batch)).toEqual([[`${handle.jobId} 0`], [`${handle.jobId} 0`], []]);
      const { ends, complete } = await journalOf(batch);
      expect([...ends.keys()]).toEqual([0]);
      expect(complete).toBe(false);
      await restoreNode();
    },
    longTest,
  );

  it(
    'a job that SLURM requeues beside processes that outlive their slurmd: no unit starts twice',
    async () => {
      const backend = backendOn(cluster());
      const batch = await makeBatch(cluster(), backend, {
        units: [busy, 'exit 0', 'exit 4', 'exit 0'],
        meta: onSecondNode(cluster()),
      });
      const handle = await backend.executor.submit(batch, newContext());
      // As a site does that forces it: the script itself always asks for no requeue.
      await cluster().asRoot(['scontrol', 'update', `JobId=${handle.jobId}`, 'Requeue=1', 'ExcNodeList=']);
      await untilBegun(batch);
      await cluster().killNode(2, { daemonOnly: true });
      const seen: BatchStatus[] = [];
      const watching = untilEnded(backend, batch, handle, seen);
      await untilBegun(batch, 4);
      const { jobId } = handle;
      // The first unit still runs under the dead node, its end comes after that of the copy.
      await watching;
      expect((await journalOf(batch)).ends.has(0)).toBe(false);
      await writeFile(join(batch.workingDir, 'go'), '');
      await until(async () => (await journalOf(batch)).ends.size === 4);
      const { ends, copies, complete } = await journalOf(batch);
      expect([0, 1, 2, 3].map((index) => ends.get(index)?.status)).toEqual([0, 0, 4, 0]);
      expect(await startsOf(batch)).toEqual([[`${jobId} 0`], [`${jobId} 1`], [`${jobId} 1`], [`${jobId} 1`]]);
      expect(copies.map(({ restart }) => restart).sort()).toEqual([0, 1]);
      expect(complete).toBe(true);
      await restoreNode();
    },
    longTest,
  );
});
