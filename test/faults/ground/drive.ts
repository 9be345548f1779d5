/** The operator of runs that are held: mends what is broken and retries, gives up, or stops. */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEnded } from '../../../src/client/index.js';
import type { Random } from './random.js';
import { answerOf, type RunUnderFault } from './run.js';

const LOOK_MS = 300;
/** Held again and again, a run is given up. */
const RETRIES = 4;

const act = async (run: RunUnderFault, does: 'retry' | 'skip' | 'stop'): Promise<void> => {
  const options = { updateId: randomUUID() };
  if (does === 'retry') await rm(join(run.place.witnessDir, 'broken'), { force: true });
  // Counted before the answer: units may begin before it arrives.
  if (does === 'retry') run.retries += 1;
  if (does === 'stop') run.operatorStopped = true;
  await run.persist((handle) =>
    answerOf(
      does === 'retry'
        ? handle.retry({ rerun_interrupted: true }, options)
        : does === 'skip'
          ? handle.skip({}, options)
          : handle.stop(options),
    ),
  );
};

/**
 * Acts once all faults are healed, so that runs are held while they happen as well.
 *
 * @param isHealed whether they are.
 */
export const operate = (
  run: RunUnderFault,
  random: Random,
  isHealed: () => boolean,
): { stop(): Promise<void> } => {
  let over = false;
  const first = random.pick(['retry', 'retry', 'retry', 'skip', 'stop'] as const);
  const working = (async () => {
    while (!over) {
      await sleep(LOOK_MS);
      const { state, progress } = await run.persist((handle) => handle.progress());
      if (isEnded(state)) return;
      if (progress?.status !== 'held' || !isHealed()) continue;
      await act(run, run.retries === 0 ? first : run.retries < RETRIES ? 'retry' : 'skip');
    }
  })();
  // Whoever stops it hears of it.
  working.catch(() => undefined);
  return {
    stop: async () => {
      over = true;
      await working;
    },
  };
};
