/** One scancel for all jobs that are to end at a moment: 200 of them at once would flood the controller. */
import type { SlurmCommands } from '../commands/commands.js';
import { failureWords } from '../commands/commands.js';
import { SCANCEL_GATHER_MS, SCANCEL_IDS_MAX } from '../tunables.js';

/** Asks SLURM to end a job; null when it took the request, else its words. Never rejects. */
export type Canceller = (jobId: string) => Promise<string | null>;

interface Asked {
  jobId: string;
  resolve(words: string | null): void;
}

export const createCanceller = (commands: SlurmCommands, timeoutSeconds: number): Canceller => {
  let gathered: Asked[] = [];

  const callFor = async (some: readonly Asked[]): Promise<void> => {
    const ids = [...new Set(some.map(({ jobId }) => jobId))];
    const end = await commands.ask('scancel', ids);
    const words = end.exitCode === 0 ? null : failureWords('scancel', end, timeoutSeconds);
    for (const { resolve } of some) resolve(words);
  };

  const call = async (): Promise<void> => {
    const all = gathered;
    gathered = [];
    for (let at = 0; at < all.length; at += SCANCEL_IDS_MAX)
      await callFor(all.slice(at, at + SCANCEL_IDS_MAX));
  };

  return (jobId) =>
    new Promise((resolve) => {
      gathered.push({ jobId, resolve });
      if (gathered.length === 1) setTimeout(() => void call(), SCANCEL_GATHER_MS);
    });
};
