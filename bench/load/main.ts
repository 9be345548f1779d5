/** The benches that somebody waits for (docs/performance.md). Started by scripts/load.mjs. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { endProcessesIn } from '../../test/support/leftovers.js';
import { fleet } from './fleet.js';
import { type Database, databases, startPlant } from './plant.js';
import { soak } from './soak.js';

/** What the command line has chosen. */
export type LoadOptions = { database: Database } & (
  { bench: 'soak'; minutes: number; count: number } | { bench: 'fleet'; runs: number; units: number }
);

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

const load = (): string =>
  loadavg()
    .map((average) => average.toFixed(1))
    .join(' ');

/** The database that a word names. */
export const databaseOf = (word: string): Database => {
  const found = databases.find((name) => name === word);
  if (found === undefined)
    throw new Error(`--database: ${databases.join(' or ')} is expected, not "${word}"`);
  return found;
};

/** Runs one, and prints its table. */
export const runLoad = async (options: LoadOptions, serverBinary: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'fractal-temporal-load-'));
  // PostgreSQL's user passes through it.
  await chmod(folder, 0o755);
  const before = load();
  try {
    const plant = await startPlant(folder, serverBinary, options.database);
    try {
      const head =
        options.bench === 'soak'
          ? ['MiB', 'at first', 'at most', 'at last', 'per hour']
          : ['what', options.database];
      const table = new Table({ head, style: { head: [], border: [] } });
      const context = { ...options, folder, say };
      table.push(...(await ('minutes' in context ? soak(plant, context) : fleet(plant, context))));
      process.stdout.write(`${table.toString()}\nLoad average before ${before}, after ${load()}\n`);
    } finally {
      await plant.stop();
    }
  } finally {
    // Batches of a run that has not ended go on without their worker.
    await endProcessesIn(folder);
    await rm(folder, { recursive: true, force: true });
  }
};
