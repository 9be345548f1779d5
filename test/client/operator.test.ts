import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
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
    await expect(paused).rejects.toThrow(/deadline/i);
  } finally {
    await temporal.terminate();
    await close();
  }
}, 20_000);
