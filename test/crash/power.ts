/** What a run with real processes may come to when its host has lost power, which ends them all. */
import { basename } from 'node:path';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';
import { difference, endsBelow, isResult, type Verdict } from './verdict.js';
import { filesIn } from './world.js';

const LOG = '-log.txt';

/** Stems of the units that are claimed (by their logs, before their processes begin) and whose end is not on record. */
export const interruptedUnits = (runDir: string): Set<string> => {
  const ended = new Set([...endsBelow(runDir).keys()].map((unit) => Number(unit.split('/')[1])));
  const claimed = filesIn(runDir).flatMap((path) =>
    path.endsWith(LOG) ? [basename(path).slice(0, -LOG.length)] : [],
  );
  return new Set(claimed.filter((stem) => !ended.has(Number(stem.split('-').at(-1)))));
};

const timesOf = (begun: readonly string[], stem: string): number =>
  begun.filter((other) => other === stem).length;

const stemOf = ({ log_file: log }: UnitRecord): string => basename(log).slice(0, -LOG.length);

const unitsOf = ({ task_runs: runs }: RunResult): UnitRecord[] => runs.flatMap(({ units }) => units);

/** There may be a try more, with files of its own, and the cause of an interruption is another one. */
const MAY_DIFFER = [
  'jobs',
  'tries',
  'begun',
  'message',
  'info',
  'log_tail',
  'cmd_file',
  'stdout_file',
  'stderr_file',
];

/**
 * What is wrong; null when nothing is: no unit has begun more often than without the loss, but for an interrupted one
 * that may; none is lost; each that is not done was interrupted, or has failed by itself.
 *
 * @param mayRerun whether interrupted units may run again.
 */
export const wrongAfterPower = (
  expected: Verdict,
  verdict: Verdict,
  interrupted: ReadonlySet<string>,
  mayRerun: boolean,
  differing: ReadonlySet<string>,
): string | null => {
  if (verdict.live.length > 0) return `still runs: ${verdict.live.join(', ')}`;
  for (const stem of new Set(expected.begun)) {
    const most = timesOf(expected.begun, stem) + (mayRerun && interrupted.has(stem) ? 1 : 0);
    const times = timesOf(verdict.begun, stem);
    if (times > most) return `${stem} began ${times} times, ${most} are allowed`;
    if (times === 0 && !interrupted.has(stem)) return `${stem} is lost: it never began`;
  }
  if (mayRerun || interrupted.size === 0)
    return difference(expected, verdict, new Set([...differing, ...MAY_DIFFER]));
  if (!isResult(expected.result) || !isResult(verdict.result)) return 'no result';
  const done = new Set(unitsOf(expected.result).flatMap((u) => (u.status === 'done' ? [stemOf(u)] : [])));
  const wrong = unitsOf(verdict.result).find(
    (unit) => unit.status !== 'done' && done.has(stemOf(unit)) && !interrupted.has(stemOf(unit)),
  );
  return wrong === undefined ? null : `${stemOf(wrong)} is ${wrong.status}, and was not interrupted`;
};
