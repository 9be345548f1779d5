/** What happened to a unit, in words. Pure. */
import { constants } from 'node:os';
import type { UnitOutcome } from './unit-outcome.js';

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export const signalName = (signal: number): string => signalNames.get(signal) ?? `signal ${signal}`;

const remedy =
  'It is not run again by itself, since a task that has begun may have changed its data; allow it with recovery.rerun_interrupted.';

/** Why a unit is not done, in one line; null for one that is done. */
export const unitMessage = (
  unit: Pick<UnitOutcome, 'cause' | 'exit_code' | 'signal' | 'interrupted'>,
): string | null => {
  switch (unit.cause) {
    case null:
      return null;
    case 'exit':
      return `the task ended with exit code ${String(unit.exit_code)}`;
    case 'signal':
      return `the task was killed by ${signalName(unit.signal ?? 0)}`;
    case 'invalid_output':
      return 'the task wrote an output that is not valid';
    case 'not_executable':
      return "the task's command was not found or cannot be executed";
    case 'out_of_memory':
      return `the task was killed because its job used more memory than it had asked for. ${remedy}`;
    case 'timeout':
      return `the task was stopped because its job reached its time limit. ${remedy}`;
    case 'cancelled':
      return unit.interrupted
        ? 'the task was running when its job was cancelled'
        : 'cancelled before it started';
    case 'interrupted':
      return `what ran the task ended while the task was running. ${remedy}`;
    case 'never_started':
      return 'the task never started';
  }
};
