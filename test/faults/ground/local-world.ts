/** A world whose workers run batches on this host: each has a queue of its own, since one host has one worker of a queue. */
import { join } from 'node:path';
import { startWorld, type World } from './world.js';

const MAX_UNITS = '3';

export const startLocalWorld = (binary: string): Promise<World> =>
  startWorld({
    ...{ backend: 'local', binary, queues: ['first', 'second'] },
    worker: (_index, queue, address, dir, shim) => ({
      command: process.execPath,
      before: [],
      args: ['worker', 'local', '--task-queue', queue, '--max-units', MAX_UNITS, '--address', address],
      env: {
        ...{ PATH: process.env['PATH'], HOME: dir, LC_ALL: 'C.UTF-8' },
        ...{ FRACTAL_TEMPORAL_LOCAL: join(dir, 'host'), FRACTAL_TEMPORAL_HOME: join(dir, 'home') },
        ...shim?.env,
      },
    }),
  });
