/** One batch on a real cluster, from its submission to its end. */
import type { Backend, Batch, BatchStatus, Handle } from '../../src/batch/contract.js';
import {
  backendOn,
  journalOf,
  makeBatch,
  newContext,
  testConfig,
  untilEnded,
  type BatchInput,
  type Ended,
} from './batches.js';
import type { Cluster } from './cluster.js';

export const run = async (
  cluster: Cluster,
  input: BatchInput,
  backend = backendOn(cluster),
): Promise<{ backend: Backend; batch: Batch; handle: Handle }> => {
  const batch = await makeBatch(cluster, backend, input);
  return { backend, batch, handle: await backend.executor.submit(batch, newContext()) };
};

export const runToEnd = async (
  cluster: Cluster,
  input: BatchInput,
  backend?: Backend,
): Promise<{ batch: Batch; handle: Handle; end: Ended; seen: BatchStatus[] }> => {
  const started = await run(cluster, input, backend);
  const seen: BatchStatus[] = [];
  const end = await untilEnded(started.backend, started.batch, started.handle, seen);
  return { ...started, end, seen };
};

export const statuses = async (batch: Batch): Promise<(number | null)[]> => {
  const { ends } = await journalOf(batch);
  return Array.from({ length: batch.unitCount }, (_, index) => ends.get(index)?.status ?? null);
};

export const onPartition = (cluster: Cluster, partition: string): Backend =>
  backendOn(cluster, testConfig({}, { partition, time: null }));
