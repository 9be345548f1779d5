/** What happened to a unit, in words. Pure. */
import { constants } from 'node:os';
import type { UnitOutcome } from './unit-outcome.js';

/** Which of the two is known on the node alone: the batch's script says it on its stderr. */
export const NOT_EXECUTABLE = "the task's command was not found or cannot be executed";

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

export const signalName = (signal: number): string => signalNames.get(signal) ?? `signal ${signal}`;

const remedies: Partial<Record<NonNullable<UnitOutcome['cause']>, string>> = {
  out_of_memory: 'recovery.memory or recovery.rerun_interrupted',
  timeout: 'recovery.time or recovery.rerun_interrupted',
  interrupted: 'recovery.infrastructure or recovery.rerun_interrupted',
};

const allowedBy = (what: string): string =>
  `It is not run again by itself, since a task that has begun may have changed its data; allow it with ${what}.`;

const forbidden = (cause: NonNullable<UnitOutcome['cause']>): string => allowedBy(remedies[cause] ?? '');
const inVain = 'It was to run again, and that did not succeed.';

/** Of a unit that an earlier run had begun and not finished, and that this one has not run. */
export const takenMessage = (logFile: string, cause: UnitOutcome['cause']): string => {
  // Tries of infrastructure are for what a run has seen itself (docs/continuing.md).
  const limit = cause === 'out_of_memory' || cause === 'timeout' ? remedies[cause] : undefined;
  return `it had begun in the earlier run and was interrupted there (${logFile}). ${allowedBy(limit ?? 'recovery.rerun_interrupted')}`;
};

/** `forbidden`: nobody has allowed the unit to run again; `in_vain`: it has run again, or was to. */
export type Remedy = 'forbidden' | 'in_vain';

/** Why a unit is not done, in one line; null for one that is done, and for an output that is wrong, which says why. */
export const unitMessage = (
  unit: Pick<UnitOutcome, 'cause' | 'exit_code' | 'signal' | 'interrupted' | 'interrupted_in'>,
  why: Remedy,
): string | null => {
  const remedy = why === 'in_vain' || unit.cause === null ? inVain : forbidden(unit.cause);
  switch (unit.cause) {
    case null:
    case 'invalid_output':
      return null;
    case 'exit':
      return `the task ended with exit code ${String(unit.exit_code)}${why === 'in_vain' ? `. ${inVain}` : ''}`;
    case 'signal':
      return `the task was killed by ${signalName(unit.signal ?? 0)}`;
    case 'not_executable':
      return NOT_EXECUTABLE;
    case 'out_of_memory':
      return `the task was killed because its job used more memory than it had asked for. ${remedy}`;
    case 'timeout':
      return `the task was stopped because its job reached its time limit. ${remedy}`;
    case 'cancelled':
      if (unit.interrupted) return 'the task was running when its job was cancelled';
      return unit.interrupted_in === null ? 'cancelled before it started' : 'cancelled before it ran again';
    case 'interrupted':
      return `what ran the task ended while the task was running. ${remedy}`;
    case 'never_started':
      return 'the task never started';
  }
};

/** How the last run of a unit ended, which was to run again and was not begun. */
export const inVainMessage = (
  unit: Pick<UnitOutcome, 'message'> & Parameters<typeof unitMessage>[0],
): string => {
  const said = unitMessage(unit, 'in_vain') ?? unit.message ?? 'it failed';
  return said.includes(inVain) ? said : `${said}. ${inVain}`;
};
