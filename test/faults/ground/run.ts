/** A run under faults: started, looked at, operated. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getRun, isEnded, type RunHandle, startProcessWorkflow } from '../../../src/client/index.js';
import type { UpdateAnswer } from '../../../src/wire/updates.js';
import { requestOf, type Place, type Shape } from './shape.js';
import { readWitnesses } from './witness.js';
import type { World } from './world.js';

const AGAIN_MS = 500;
const ANSWER_MS = 120_000;
const LOOK_MS = 100;

export interface RunUnderFault {
  workflowId: string;
  shape: Shape;
  place: Place;
  /** Everything of it lies inside. */
  dir: string;
  /** 0 or 1: whose queue it is on. */
  worker: 0 | 1;
  /** Retries that were taken. */
  retries: number;
  /** Its operator has stopped it. */
  operatorStopped: boolean;
  /** Does something with its handle; again and again while the server is away. */
  persist<T>(act: (handle: RunHandle) => Promise<T>): Promise<T>;
  /** How many units have begun. */
  begun(): Promise<number>;
  isOver(): Promise<boolean>;
}

/** A question that is never answered is asked again; the log shows that there was one. */
const within = async <T>(asked: Promise<T>): Promise<T> => {
  const over = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: over.signal }).then(() => {
    console.log(`no answer within ${ANSWER_MS / 1_000} s, asked again`);
    throw new Error('DEADLINE_EXCEEDED here');
  });
  late.catch(() => undefined);
  asked.catch(() => undefined);
  try {
    return await Promise.race([asked, late]);
  } finally {
    over.abort();
  }
};

const isAway = (error: unknown): boolean =>
  /UNAVAILABLE|DEADLINE_EXCEEDED|No Temporal server|CANCELLED|ECONNREFUSED|not answer|Unexpected error|closed/i.test(
    String(error) + String((error as { cause?: unknown }).cause ?? ''),
  );

export interface RunSpec {
  world: World;
  shape: Shape;
  worker: 0 | 1;
  /** Everything of it lies inside. */
  dir: string;
  place: Place;
  own: (path: string) => Promise<void>;
}

export const placeIn = (dir: string): Place => ({
  runDir: join(dir, 'run'),
  zarrDir: join(dir, 'zarr'),
  witnessDir: join(dir, 'witness'),
});

export const makeFolders = async ({ dir, place, own }: RunSpec): Promise<void> => {
  for (const path of [dir, ...(Object.values(place) as string[])]) {
    await mkdir(path);
    await own(path);
  }
};

export const startRun = async (spec: RunSpec): Promise<RunUnderFault> => {
  const { world, shape, worker, dir, place } = spec;
  const workflowId = dir.replace(/\W+/g, '-').slice(-40);
  if (shape.kind === 'held') await writeFile(join(place.witnessDir, 'broken'), '');
  const request = requestOf(shape, place, {
    ...{ backend: world.backend, activity_task_queue: world.queues[worker] },
  });
  const persist: RunUnderFault['persist'] = async (act) => {
    for (;;) {
      try {
        return await within(world.ask((client) => act(getRun(client, workflowId))));
      } catch (error) {
        if (!isAway(error)) throw error;
        await sleep(AGAIN_MS);
      }
    }
  };
  await world.ask((client) => startProcessWorkflow(client, request as never, { workflowId }));
  return {
    ...{ workflowId, shape, place, worker, persist, dir },
    retries: 0,
    operatorStopped: false,
    begun: async () => (await readWitnesses(place.witnessDir)).reduce((sum, { begins }) => sum + begins, 0),
    isOver: () => persist(async ({ temporal }) => isEnded((await temporal.describe()).status.name)),
  };
};

/** Between two tasks nothing runs: looked for until there is something, or the run is over. */
export const found = async <T>(run: RunUnderFault, look: () => Promise<T[]>): Promise<T[]> => {
  for (;;) {
    const things = await look();
    if (things.length > 0 || (await run.isOver())) return things;
    await sleep(LOOK_MS);
  }
};

/** What was answered, or the words of the refusal. */
export const answerOf = (asked: Promise<UpdateAnswer>): Promise<UpdateAnswer | string> =>
  asked.catch((error: unknown) => {
    if ((error as Error).name === 'UpdateRefusedError') return (error as Error).message;
    throw error;
  });
