/** What SLURM jobs of a run left behind, and the same script without the runner. */
import { chown, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJournals } from '../src/batch/read-journals.js';
import type { Cluster } from '../test/slurm/cluster.js';

/** Seconds since the epoch. */
export interface JobTimes {
  firstStart: number;
  lastEnd: number;
}

const batchFolders = async (runDir: string): Promise<string[]> => {
  const batches = join(runDir, '.runner', 'batches');
  return (await readdir(batches)).map((key) => join(batches, key));
};

const timesIn = async (folder: string): Promise<JobTimes & { complete: boolean }> => {
  const { ends, complete } = await readJournals(join(folder, 'journal-'));
  const all = [...ends.values()];
  return {
    firstStart: all.reduce((first, end) => Math.min(first, end.startedAt), Infinity),
    lastEnd: all.reduce((last, end) => Math.max(last, end.endedAt), -Infinity),
    complete,
  };
};

/** First start and last end of the units of each batch. */
export const journalsOf = async (runDir: string): Promise<JobTimes[]> =>
  Promise.all((await batchFolders(runDir)).map(timesIn));

const LOOK_MS = 50;

/**
 * Gives the script of a run of one job to sbatch once more, in a folder of its own; seconds from sbatch to the end
 * of its last unit.
 */
export const runPlainly = async (cluster: Cluster, runDir: string): Promise<number> => {
  const [batch = ''] = await batchFolders(runDir);
  const [taskFolder = ''] = (await readdir(runDir)).filter((name) => /^\d+_/.test(name));
  const [scriptName = ''] = (await readdir(join(runDir, taskFolder))).filter((name) =>
    name.endsWith('-submit.sh'),
  );
  const plainDir = join(dirname(runDir), 'plain');
  const moved = (path: string): string => path.replaceAll(runDir, plainDir);
  const folders = [plainDir, join(plainDir, '.runner'), join(plainDir, '.runner', 'batches'), moved(batch)];
  for (const folder of [...folders, join(plainDir, taskFolder)]) {
    await mkdir(folder, { recursive: true });
    await chown(folder, cluster.uid, cluster.gid);
  }
  await cp(join(batch, 'units'), join(moved(batch), 'units'));
  const script = join(plainDir, scriptName);
  await writeFile(script, moved(await readFile(join(runDir, taskFolder, scriptName), 'utf8')));
  const began = Date.now() / 1000;
  const { exitCode, stderr } = await cluster.asUser(['sbatch', '--parsable', script]);
  if (exitCode !== 0) throw new Error(`sbatch failed: ${stderr}`);
  for (;;) {
    const { complete, lastEnd } = await timesIn(moved(batch));
    if (complete) return lastEnd - began;
    await sleep(LOOK_MS);
  }
};
