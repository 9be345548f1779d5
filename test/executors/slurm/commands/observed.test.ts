import { expect, it } from 'vitest';
import { observeCommands, type CommandCall } from '../../../../src/executors/slurm/commands/observed.js';
import type { SlurmCommands } from '../../../../src/executors/slurm/commands/commands.js';
import type { CommandEnd } from '../../../../src/executors/slurm/commands/sbatch.js';

const end = (exitCode: number | null, cutShort: CommandEnd['cutShort'] = null): CommandEnd => ({
  ...{ exitCode, cutShort, stdout: 'out', stderr: '' },
});

it.each([
  [end(0), null],
  [end(1), 'status'],
  [end(null, 'timeout'), 'timeout'],
  [end(null, 'signal'), 'signal'],
  [end(null, 'not_started'), 'not_started'],
])('%j is reported, and answered as it is: %s', async (answer, failure) => {
  const calls: CommandCall[] = [];
  const commands: SlurmCommands = {
    ask: () => Promise.resolve(answer),
    start: () => Promise.resolve(answer),
  };
  const observed = observeCommands(commands, (call) => calls.push(call));
  expect(await observed.ask('squeue', [])).toBe(answer);
  expect(await observed.start(['timeout', '9', 'sbatch', 'x'], { stdin: 0, stdout: 1, stderr: 2 }, 1)).toBe(
    answer,
  );
  expect(calls).toEqual([
    { command: 'squeue', seconds: expect.any(Number), failure },
    { command: 'sbatch', seconds: expect.any(Number), failure },
  ]);
});
