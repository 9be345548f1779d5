/** What people do at a bad moment: cancel, pause, retry, stop. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../ground/fault.js';
import { answerOf } from '../ground/run.js';

const BOTH = ['local', 'slurm'] as const;

const pause = (now: boolean): Fault => ({
  ...{ name: `pause${now ? ' now' : ''}, resume`, on: BOTH, spoils: [] },
  inject: async ({ run, random }) => {
    const paused = await run.persist((handle) => answerOf(handle.pause({ now })));
    if (typeof paused === 'string') return false;
    await sleep(random.between(0, 30) * 100);
    // Refused where it has come to its end meanwhile: batches that had begun went on.
    await run.persist((handle) => answerOf(handle.resume()));
    return true;
  },
});

const cancel: Fault = {
  ...{ name: 'cancel', on: BOTH, spoils: ['cancelled', 'never_started'], cancels: true },
  inject: async ({ run }) => {
    if (await run.isOver()) return false;
    await run.persist((handle) => handle.cancel());
    return true;
  },
};

const stop: Fault = {
  ...{ name: 'stop', on: BOTH, spoils: ['cancelled', 'never_started'], cancels: true },
  inject: async ({ run }) => typeof (await run.persist((handle) => answerOf(handle.stop()))) !== 'string',
};

const retry: Fault = {
  ...{ name: 'retry at any moment', on: BOTH, spoils: [] },
  inject: async ({ run }) => {
    const updateId = randomUUID();
    const answer = await run.persist((handle) =>
      answerOf(handle.retry({ rerun_interrupted: true }, { updateId })),
    );
    // Refused, with nothing changed, unless it is held.
    if (typeof answer !== 'string') run.retries += 1;
    return true;
  },
};

export const operatorFaults: readonly Fault[] = [pause(false), pause(true), cancel, stop, retry];
