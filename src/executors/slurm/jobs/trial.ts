/** What sbatch says of a script without taking it (`sbatch --test-only`). */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch } from '../../../batch/contract.js';
import { wordsOf } from '../commands/sbatch.js';
import { sbatchWords } from './sbatch-command.js';
import { preCommandsOf } from './sbatch-loop.js';
import type { Scheduler } from './scheduler.js';
import { slurmScript } from './submission.js';

/** null where there is no sbatch, or it gives no answer. The script lies in a folder of its own, and only meanwhile. */
export const tryScript = async (
  scheduler: Pick<Scheduler, 'commands' | 'config'>,
  batch: Batch,
): Promise<string | null> => {
  const { commands, config } = scheduler;
  const folder = await mkdtemp(join(tmpdir(), 'fractal-temporal-check-'));
  try {
    const path = join(folder, 'script.sh');
    await writeFile(path, slurmScript(batch, config));
    const words = sbatchWords(preCommandsOf(config, batch), config.runner_config.sbatch_timeout_seconds);
    const [command = '', ...rest] = words;
    const { exitCode, cutShort, stderr } = await commands.ask(command, [...rest, '--test-only', path]);
    // 127: `timeout` has found no sbatch.
    if (cutShort !== null || exitCode === 127) return null;
    return wordsOf(stderr) || (exitCode === 0 ? 'would take it' : `ended with status ${String(exitCode)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
