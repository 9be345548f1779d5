/** The local executor: batch scripts as detached processes of this host (docs/local.md). */
import type { Batch, BatchStatus, Executor, Handle } from '../../batch/contract.js';
import { createAllocator } from './width/allocator.js';
import { endProcesses, tolerance, writeTombstone } from './process/cancel.js';
import { createLiveness } from './process/alive.js';
import { createLockProbe } from './process/locks.js';
import { filesIn, hostFiles, type HostFiles } from './folders.js';
import { readIdentity, readIntent, type Submission } from './process/identity.js';
import { endOfBatch } from './process/status.js';
import { readOwner } from '../claims.js';
import { amountsOf } from './resources.js';
import { localScript, startOrAdopt, type ScriptPlace } from './process/submit.js';

export interface LocalExecutorOptions extends ScriptPlace {
  stateDir: string;
  queue: string;
  /** Default: this host's name. */
  host?: string;
}

const asksWords = ({ resources }: Batch): string => {
  const { cpus, mem_mb: mem, gpus } = amountsOf(resources);
  const asks = [
    ...(cpus > 1 ? [`${cpus} CPUs`] : []),
    ...(mem > 0 ? [`${mem} MB`] : []),
    ...(gpus > 0 ? [`${gpus} GPU${gpus === 1 ? '' : 's'}`] : []),
  ];
  return asks.length === 0 ? '' : `, or what a unit asks for (${asks.join(', ')})`;
};

/** The same answer for every caller; a failure is forgotten, so that the next one tries again. */
const once = <T>(work: () => Promise<T>): (() => Promise<T>) => {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= work().catch((error: unknown) => {
      answer = null;
      throw error;
    });
    return answer;
  };
};

export const createLocalExecutor = ({ stateDir, queue, host, ...place }: LocalExecutorOptions): Executor => {
  const identity = once(() => readIdentity(host));
  const { resources } = place;
  const lockState = createLockProbe();
  const isAlive = createLiveness(lockState);
  const allocator = once(async () =>
    createAllocator({ stateDir, queue, limit: resources.all, bootId: (await identity()).bootId, isAlive }),
  );
  const submitting = new Map<string, Promise<Handle>>();

  /** Where the worker that submitted it has them; it may have been started with another folder. */
  const filesOf = (key: string, submission: Submission | null): HostFiles =>
    submission?.folder ? filesIn(submission.folder) : hostFiles(stateDir, queue, key);

  const submit: Executor['submit'] = async (batch, { signal, note }) => {
    const me = await identity();
    const widths = await allocator();
    const files = filesOf(batch.key, await readIntent(batch, me));
    await widths.admit(batch, files, note);
    const review = (): void => {
      // Slots that it leaves are shared out at once; should that fail, the next tick does it.
      void widths.review(batch.key).catch(() => undefined);
    };
    let runs = false;
    try {
      return await startOrAdopt(batch, files, {
        ...{ me, isAlive, signal },
        script: (files) => localScript(batch, files, place),
        started: ({ ended }) => {
          runs = true;
          void ended.then(() => {
            runs = false;
            review();
          });
        },
      });
    } finally {
      await widths.settle(batch.key);
      // One that has ended by now was passed over while it was starting. A review costs a process: not for one that runs.
      if (!runs) review();
    }
  };

  const status = async (batch: Batch, handle: Handle): Promise<BatchStatus> => {
    const me = await identity();
    const submitted = await readIntent(batch, me);
    if (await isAlive(batch.key, filesOf(batch.key, submitted).lock)) {
      const parked = (await allocator()).isParked(batch.key);
      return parked
        ? {
            state: 'pending',
            reason: `other runs use the ${resources.all.units} slots of ${me.host}${asksWords(batch)}`,
          }
        : { state: 'running', node: me.host };
    }
    return endOfBatch(batch, handle, submitted ?? me, me);
  };

  return {
    submit: (batch, context) => {
      const running = submitting.get(batch.key) ?? submit(batch, context);
      submitting.set(batch.key, running);
      const forget = (): void => {
        if (submitting.get(batch.key) === running) submitting.delete(batch.key);
      };
      void running.then(forget, forget);
      return running;
    },
    status: async (batch, handle) => {
      const known = await status(batch, handle);
      if (known.state === 'ended') await (await allocator()).review(batch.key);
      return known;
    },
    cancel: async (batch, _handle, context) => {
      const me = await identity();
      const troubles = tolerance();
      await troubles.allow(() => readIntent(batch, me), null);
      await troubles.allow(() => writeTombstone(batch), null);
      // Once more: another host's worker may have been quicker, and then it is the one to see the tombstone.
      const submission = await troubles.allow(() => readIntent(batch, me), null);
      // A submission under way ends by itself: it sees the tombstone, or its script does.
      await submitting.get(batch.key)?.catch(() => undefined);
      await endProcesses(batch, filesOf(batch.key, submission), context, lockState);
      await (await allocator()).review(batch.key);
      const owner = await troubles.allow(() => readOwner(batch.paths.owner), null);
      return { jobIds: owner ? [owner] : [], uncertain: troubles.told() };
    },
  };
};
