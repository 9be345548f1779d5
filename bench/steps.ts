/** A task of one unit, in a run of many, against no-op activities on the same server. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { Bench, BenchContext, Row } from './bench.js';
import { activityTimes, mediansOf, workflowIdIn } from './histories.js';
import { median, milliseconds, times } from './measure.js';
import { atEachPlace, type Place } from './places.js';
import { benchRequest } from './requests.js';
import { judged } from './rows.js';
import { NO_OPS_PER_STEP, REPETITIONS, STEPS, STEPS_LIMIT_RATIO } from './tunables.js';

/** Seconds from the first activity's schedule to the last one's end. */
const spanOf = async (client: Client, workflowId: string, types: string[]): Promise<number> => {
  const activities = (await activityTimes(client, workflowId)).filter(({ type }) => types.includes(type));
  const first = activities[0];
  const last = activities.at(-1);
  return first === undefined || last === undefined ? NaN : last.ended - first.scheduled;
};

const noOps = async (client: Client, taskQueue: string): Promise<number> => {
  const workflowId = `bench-no-ops-${randomUUID()}`;
  const args: [number] = [STEPS * NO_OPS_PER_STEP];
  await client.workflow.execute('noOps', { taskQueue, workflowId, args });
  return (await spanOf(client, workflowId, ['noOp'])) / STEPS;
};

const silence = { trace() {}, debug() {}, info() {}, warn() {}, error: console.error, log() {} };

const withNoOpWorker = async <T>(address: string, work: (taskQueue: string) => Promise<T>): Promise<T> => {
  Runtime.install({ logger: silence });
  const connection = await NativeConnection.connect({ address });
  const taskQueue = `bench-${randomUUID()}`;
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('workflows/no-op.ts', import.meta.url)),
    activities: { noOp: () => Promise.resolve() },
  });
  try {
    return await worker.runUntil(work(taskQueue));
  } finally {
    await connection.close();
  }
};

const stepsAt = async (context: BenchContext, taskQueue: string, place: Place): Promise<Row> => {
  const { program, client, say } = context;
  const ours: number[] = [];
  const peers: number[] = [];
  const tasks = Array.from({ length: STEPS }, (_, index) => ({
    name: `Step ${index}`,
    type: 'non_parallel' as const,
    command: 'true',
  }));
  for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
    peers.push(await noOps(client, taskQueue));
    const dir = join(place.folder, String(repetition));
    await program.run(benchRequest({ dir, tasks, images: 1 }), `steps-${place.name}-${repetition}`);
    const id = await workflowIdIn(dir);
    ours.push((await spanOf(client, id, ['planTask', 'runBatch', 'applyTask'])) / STEPS);
    say(`${place.name}: ${mediansOf(await activityTimes(client, id))}`);
    say(
      `${place.name}: no-ops ${milliseconds(peers.at(-1) ?? NaN)}, task ${milliseconds(ours.at(-1) ?? NaN)}`,
    );
  }
  const ratio = median(ours) / median(peers);
  return {
    what: `a task of one unit, in a run of ${STEPS} tasks, run's directory: ${place.name}`,
    measured: milliseconds(median(ours)),
    peer: `${NO_OPS_PER_STEP} no-op activities: ${milliseconds(median(peers))}`,
    ratio: times(ratio),
    ...judged(ratio, STEPS_LIMIT_RATIO, place.doubt),
  };
};

export const steps: Bench = {
  name: 'steps',
  title: `a task of one unit, in a run of ${STEPS}`,
  run: (context) =>
    withNoOpWorker(context.address, (taskQueue) =>
      atEachPlace(context.folder, (place) => stepsAt(context, taskQueue, place)),
    ),
};
