/**
 * A workflow worker takes few workflow tasks at once: they share its thread, and of many none ended in time on a busy
 * machine (docs/performance.md, "Many runs at once").
 */
import { join } from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { createWorkflowWorker, type RunnableWorker } from '../../src/workers/index.js';
import { root } from '../compose/versions.js';
import { type Harness, startHarness } from '../support/harness.js';
import { makeRequest } from '../support/scripted-requests.js';
import { until } from '../support/until.js';

const RUNS = 12;
const MOST_AT_ONCE = 4;

interface Gate {
  codec: PayloadCodec;
  /** Folders of the runs whose first workflow task a worker has taken. */
  taken: Set<string>;
  open(): void;
}

/** Requests wait in it while the worker decodes them: their workflow tasks have begun, and none ends. */
const makeGate = (): Gate => {
  const taken = new Set<string>();
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const decode: PayloadCodec['decode'] = async (payloads) => {
    for (const { data } of payloads) {
      const dir = /"workflow_dir_local":"([^"]*)"/.exec(Buffer.from(data ?? []).toString())?.[1];
      if (dir === undefined) continue;
      taken.add(dir);
      await opened;
    }
    return payloads;
  };
  return { codec: { encode: (payloads) => Promise.resolve(payloads), decode }, taken, open };
};

interface Queue {
  harness: Harness;
  gate: Gate;
  serve(worker: Pick<RunnableWorker, 'run' | 'shutdown'>): void;
  end(): Promise<void>;
}

/** A queue on which all runs have been started, and that no worker serves. */
const fullQueue = async (): Promise<Queue> => {
  const harness = await startHarness({
    ...{ address: inject('temporal').address, activities: false, workflows: false },
  });
  const gate = makeGate();
  const ends: (() => Promise<unknown>)[] = [];
  for (let number = 0; number < RUNS; number += 1) {
    const tasks = [{ type: 'non_parallel' as const, command: 'true' }];
    const { workflowId } = await harness.start(makeRequest({ dir: await harness.folder(), tasks }));
    ends.push(() => harness.client.workflow.getHandle(workflowId).terminate());
  }
  return {
    harness,
    gate,
    serve: (worker) => {
      const running = worker.run();
      ends.push(() => {
        worker.shutdown();
        return running;
      });
    },
    end: async () => {
      const [last, ...terminations] = ends.reverse();
      await Promise.all(terminations.map((terminate) => terminate()));
      gate.open();
      await last?.();
      await harness.stop();
    },
  };
};

let [ours, plain]: Queue[] = [];
beforeEach(async () => {
  [ours, plain] = [await fullQueue(), await fullQueue()];
});
afterEach(() => Promise.all([ours?.end(), plain?.end()]));

it('takes few workflow tasks at once, of which the SDK by itself takes all meanwhile', async () => {
  if (ours === undefined || plain === undefined) throw new TypeError('no queues');
  const { taken } = ours.gate;
  const common = ({ harness, gate }: Queue) => ({
    ...{ connection: harness.connection, taskQueue: harness.workflowQueue },
    dataConverter: { payloadCodecs: [gate.codec] },
  });
  ours.serve(await createWorkflowWorker(common(ours)));
  await until('the first tasks', () => taken.size > 0);
  // The clock: in the time in which this one, which begins later, has taken every task, ours had time for them all.
  const workflowBundle = { codePath: join(root, 'dist', 'workflow-bundle.js') };
  plain.serve(await Worker.create({ ...common(plain), workflowBundle }));
  const { gate: other } = plain;
  await until('all tasks at once', () => other.taken.size === RUNS);
  expect(taken.size).toBeLessThanOrEqual(MOST_AT_ONCE);
});
