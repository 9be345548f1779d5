/** A local worker of its own, whose warm servers and whose cache of what was learned a bench may end and remove. */
import { randomUUID } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureTaskEnvironment, CONVERTERS_ALONE } from '../../examples/demo/task-environment.js';
import { writeTiffPlate } from '../../examples/demo/tiff-plate.js';
import { cacheFolder } from '../../src/server/folders.js';
import type { WorkflowTask } from '../../src/wire/request.js';
import type { BenchContext } from '../bench.js';
import { processesNaming, secondsUsed } from '../processes.js';
import type { Environments, Plate } from './workflow.js';

/** What a run took. */
export interface Took {
  wall: number;
  /** Processor time of worker, units and warm servers. */
  processor: number;
}

export interface WarmRun {
  tasks: WorkflowTask[];
  warm: boolean;
  /** Folders that the run starts with, from `dir/zarr/NAME` of an earlier one. */
  images?: { zarr_url: string; types?: Record<string, boolean> }[];
}

export interface Site {
  environments: Environments;
  plate: Plate;
  worker: number;
  /** Where the servers are; all their processes have it among their words. */
  servers: string;
  /** A new folder below this bench's. */
  newFolder(): Promise<string>;
  run(run: WarmRun, dir: string): Promise<Took>;
  endServers(): Promise<void>;
  /** Forgets what was learned of environments. */
  forget(): Promise<void>;
}

/** Environments as the demo makes them; plate; a worker for `maxUnits` units at once. */
export const atSite = async <T>(
  { program, address, folder, say }: BenchContext,
  maxUnits: number,
  work: (site: Site) => Promise<T>,
): Promise<T> => {
  const cacheDir = cacheFolder();
  const environments = {
    converters: await ensureTaskEnvironment(cacheDir, say, CONVERTERS_ALONE),
    core: await ensureTaskEnvironment(cacheDir, say),
  };
  const own = join(folder, randomUUID());
  const learned = join(own, 'cache');
  const local = join(own, 'local');
  await mkdir(own);
  const plate = await writeTiffPlate(join(own, 'raw'));
  const queue = `bench-warm-${randomUUID()}`;
  const words = [
    'worker',
    'local',
    '--max-units',
    String(maxUnits),
    '--task-queue',
    queue,
    '--address',
    address,
  ];
  // Compiling modules anew for each unit would be most of what is measured.
  // One order of sets for all units, plain or warm, so that their output can be compared.
  const env = {
    ...{ FRACTAL_TEMPORAL_CACHE: learned, FRACTAL_TEMPORAL_LOCAL: local },
    ...{ PYTHONDONTWRITEBYTECODE: '', PYTHONHASHSEED: '0' },
  };
  const worker = await program.start(words, { env });
  const servers = `${local}/`;
  const endServers = async (): Promise<void> => {
    for (let pids = await processesNaming(servers); pids.length > 0; pids = await processesNaming(servers)) {
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It is gone.
        }
      }
    }
  };
  const used = async (): Promise<number> => {
    const pids = [worker.pid, ...(await processesNaming(servers))];
    return (await Promise.all(pids.map(secondsUsed))).reduce((sum, one) => sum + one, 0);
  };
  try {
    return await work({
      ...{ environments, plate, servers, endServers },
      worker: worker.pid,
      newFolder: async () => {
        const dir = join(own, randomUUID());
        await mkdir(dir);
        return dir;
      },
      run: async ({ tasks, warm, images = [] }, dir) => {
        const request = {
          workflow: { name: 'Bench', task_list: tasks },
          dataset: { name: 'Bench', zarr_dir: join(dir, 'zarr'), images },
          workflow_dir_local: join(dir, 'run'),
          activity_task_queue: queue,
          warm_start: warm,
        };
        const before = await used();
        const wall = await program.run(request, `warm-${randomUUID()}`);
        return { wall, processor: (await used()) - before };
      },
      forget: () => rm(join(learned, 'warm'), { recursive: true, force: true }),
    });
  } finally {
    await worker.stop();
    await endServers();
  }
};

/** So many copies of an image, and their list. */
export const copiesOf = async (
  image: string,
  zarrDir: string,
  count: number,
): Promise<{ zarr_url: string; types: Record<string, boolean> }[]> => {
  const images = Array.from({ length: count }, (_, index) => join(zarrDir, `image-${index}.zarr`));
  for (const copy of images) await cp(image, copy, { recursive: true });
  return images.map((zarr_url) => ({ zarr_url, types: { is_3D: false } }));
};
