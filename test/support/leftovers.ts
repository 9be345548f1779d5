/** Batches outlive programs and workers, also those of a test that ends in their middle. */
import { readdir, readFile } from 'node:fs/promises';
import { kill } from './kill.js';

/** Ends, by their ids, the processes that were started with a path inside `dir`. */
export const endProcessesIn = async (dir: string): Promise<void> => {
  // No such folder but on Linux, where the batches' own look at processes works as well.
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    ids.map(async (id) => {
      const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
      if (!command.includes(`${dir}/`)) return;
      kill(Number(id));
    }),
  );
};
