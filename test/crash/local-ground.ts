/** The real local backend on this host, with processes of its own for every batch and unit. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Backend } from '../../src/batch/contract.js';
import { createLocalBackend } from '../../src/executors/local/index.js';
import type { Ground, WorkerOptions } from './ground.js';
import { Host } from './host.js';

const localBackend = (folder: string, { unitsPerBatch, stateFolder = 'state' }: WorkerOptions): Backend => {
  const backend = createLocalBackend({ stateDir: join(folder, stateFolder), queue: 'queue', maxUnits: 2 });
  return {
    ...backend,
    layout: (input) => ({
      ...backend.layout(input),
      ...{ unitsPerBatch: Math.max(1, Math.min(unitsPerBatch, input.units)), lanes: 1 },
    }),
  };
};

export const localGround = (folder: string): Ground => {
  // Its processes are known by it, and two test runs at once must not know each other's.
  const uuid = randomUUID().replaceAll('-', '');
  return {
    uuid,
    nodes: new Host(folder, uuid.slice(0, 16)),
    backend: (worker) => localBackend(folder, worker),
    virtualTime: false,
    // `job` is a process here.
    differing: new Set(['seconds', 'started', 'ended', 'job']),
  };
};
