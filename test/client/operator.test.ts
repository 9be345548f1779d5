import { randomUUID } from 'node:crypto';
import {
  type Connection,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { expect, inject, it } from 'vitest';
import { connectClient, getRun, startProcessWorkflow } from '../../src/client/index.js';

it("ends with its caller's deadline where no worker answers an update", async () => {
  const { client, close } = await connectClient({
    connection: { address: inject('temporal').address },
    namespace: 'default',
  });
  const request = {
    workflow: { name: 'Unanswered', task_list: [] },
    dataset: { zarr_dir: '/z', images: [] },
    workflow_dir_local: `/none/${randomUUID()}`,
  };
  const { workflowId, temporal } = await startProcessWorkflow(client, request, {
    taskQueue: `none-${randomUUID()}`,
  });
  try {
    const connection = client.connection as Connection;
    const paused = connection.withDeadline(Date.now() + 1_000, () => getRun(client, workflowId).pause());
    // On a busy machine it is the client that ends the call, and not the server's answer that says so.
    await expect(paused).rejects.toThrow(WorkflowUpdateRPCTimeoutOrCancelledError);
  } finally {
    await temporal.terminate();
    await close();
  }
}, 20_000);

it('refuses what no update can carry, in words, before anything is sent', async () => {
  const { client, close } = await connectClient({
    connection: { address: inject('temporal').address },
    namespace: 'default',
  });
  try {
    const run = getRun(client, `none-${randomUUID()}`);
    const units = Array.from({ length: 200_000 }, (_, index) => index);
    await expect(run.retry({ units })).rejects.toThrow(
      /retry refused: its argument has \d+ bytes.*fewer units/,
    );
    // All units of the largest task can be named: only then is it asked, whether there is such a run.
    await expect(run.skip({ units: units.slice(0, 100_000) })).rejects.toThrow(WorkflowNotFoundError);
  } finally {
    await close();
  }
});
