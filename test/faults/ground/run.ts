/** A run under faults: started, looked at, operated. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  getRun,
  isEnded,
  type LiveProgress,
  type RunHandle,
  startProcessWorkflow,
} from '../../../src/client/index.js';
import type { UpdateAnswer } from '../../../src/wire/updates.js';
import { bounded } from './bounded.js';
import { requestOf, type Place, type Shape } from './shape.js';
import { readWitnesses } from './witness.js';
import type { World } from './world.js';

const AGAIN_MS = 500;
/** A question that is never answered is asked again after so long. */
const ANSWER_MS = 120_000;
/** The longest fault of the server is two minutes; then it starts, on cores that are not its own. */
const AWAY_MS = 600_000;
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
  /** It is over, or held: nothing of it begins before its operator acts, who waits until all faults are healed. */
  standsStill(): Promise<boolean>;
}

const standsStill = ({ state, progress }: LiveProgress): boolean =>
  isEnded(state) || progress?.status === 'held';

const isAway = (error: unknown): boolean =>
  /^Error: not within|UNAVAILABLE|DEADLINE_EXCEEDED|No Temporal server|CANCELLED|ECONNREFUSED|not answer|Unexpected error|closed/i.test(
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
    const deadline = Date.now() + AWAY_MS;
    for (;;) {
      try {
        const asked = world.ask((client) => act(getRun(client, workflowId)));
        return await bounded(`an answer about ${workflowId}`, ANSWER_MS, asked);
      } catch (error) {
        if (!isAway(error) || Date.now() > deadline) throw error;
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
    standsStill: () => persist((handle) => handle.progress()).then(standsStill),
  };
};

/** Between two tasks nothing runs: looked for until there is something, or nothing can come any more. */
export const found = async <T>(
  run: Pick<RunUnderFault, 'standsStill'>,
  look: () => Promise<T[]>,
): Promise<T[]> => {
  for (;;) {
    const things = await look();
    if (things.length > 0 || (await run.standsStill())) return things;
    await sleep(LOOK_MS);
  }
};

/** What was answered, or the words of the refusal. */
export const answerOf = (asked: Promise<UpdateAnswer>): Promise<UpdateAnswer | string> =>
  asked.catch((error: unknown) => {
    if ((error as Error).name === 'UpdateRefusedError') return (error as Error).message;
    throw error;
  });
