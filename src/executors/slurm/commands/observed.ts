/** SLURM's commands, each call of them reported. */
import type { SlurmCommands } from './commands.js';
import type { CommandEnd } from './sbatch.js';

export interface CommandCall {
  /** Name of the command: squeue, sacct, ... */
  command: string;
  seconds: number;
  /** Why it gave no answer: `status` when it ended with another exit code than 0; null when it answered. */
  failure: 'status' | NonNullable<CommandEnd['cutShort']> | null;
}

const failureOf = ({ exitCode, cutShort }: CommandEnd): CommandCall['failure'] =>
  cutShort ?? (exitCode === 0 ? null : 'status');

/** The same commands; `report` hears of each call when it has ended. */
export const observeCommands = (
  commands: SlurmCommands,
  report: (call: CommandCall) => void,
): SlurmCommands => {
  const timed = async (command: string, call: Promise<CommandEnd>): Promise<CommandEnd> => {
    const began = performance.now();
    const end = await call;
    report({ command, seconds: (performance.now() - began) / 1000, failure: failureOf(end) });
    return end;
  };
  return {
    ask: (command, args) => timed(command, commands.ask(command, args)),
    // Its first word is a `timeout` around it.
    start: (words, files, timeoutSeconds) => timed('sbatch', commands.start(words, files, timeoutSeconds)),
  };
};
