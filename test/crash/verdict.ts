/** What came out of a run, without what may differ from one disturbed run to the other. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pauseMarkPath } from '../../src/state/paths.js';
import type { RunResult } from '../../src/wire/result.js';
import type { Nodes } from './ground.js';
import type { WorkflowEnd } from './workflow.js';
import { wrongEvents } from '../support/events.js';
import { filesIn } from './world.js';

export interface Verdict {
  end: WorkflowEnd;
  result: unknown;
  /** Stems of units, once for each time they began. */
  begun: string[];
  /** Keys of the batches that were submitted. */
  jobs: string[];
  /** Batches of which a job still runs or waits. */
  live: string[];
  /** What is wrong with the events of the run; null when nothing is. */
  events: string | null;
  /** The mark of a pause is there. */
  paused: boolean;
  /** Files of the earlier run that it continues, and what they hold: nobody changes them. */
  earlier: string[];
}

/** Beside the run's folder: that of the run which it continues, where it does. */
export const EARLIER = 'earlier';

const earlierOf = (runDir: string): string => join(dirname(runDir), EARLIER);

const earlierFiles = (runDir: string): string[] => {
  const folder = earlierOf(runDir);
  if (!existsSync(folder)) return [];
  return filesIn(folder)
    .map((path) => `${path} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`)
    .sort();
};

/** A text that is no JSON stands for itself: that is what a caller would find. */
const readResult = (path: string): unknown => {
  if (!existsSync(path)) return null;
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
};

export const isResult = (result: unknown): result is RunResult =>
  typeof result === 'object' && result !== null;

export const verdictOf = (end: WorkflowEnd, nodes: Nodes, runDir: string): Verdict => {
  const result = readResult(join(runDir, 'result.json'));
  const verdict: Verdict = {
    end,
    result,
    events: isResult(result) ? wrongEvents(runDir, result) : null,
    begun: nodes.begun.toSorted(),
    jobs: [...new Set(nodes.jobs.map(({ key }) => key))].sort(),
    live: nodes.live.map(({ key }) => key),
    paused: existsSync(pauseMarkPath(runDir)),
    earlier: earlierFiles(runDir),
  };
  // Files of a local script are called after its process.
  return JSON.parse(JSON.stringify(verdict).replaceAll(/\/script-\d+\./g, '/script-PID.')) as Verdict;
};

/** The last line of a log in a failure's message is an extra: a failing storage may take it away. */
export const withoutLogEnds = (verdict: Verdict): Verdict =>
  JSON.parse(JSON.stringify(verdict).replaceAll(/ Its log ends: \\".*?\\"\./g, '')) as Verdict;

/** A job that ended in good order may have been asked for its state or not: that depends on the moment. */
const saysNothing = (key: string, value: unknown): boolean =>
  (key === 'slurm_state' || key === 'state') && (value === 'COMPLETED' || value === null);

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/**
 * Where two values differ first, in words; null when they are equal.
 *
 * @param ignored keys that may differ.
 */
export const difference = (
  expected: unknown,
  actual: unknown,
  ignored: ReadonlySet<string> = new Set(),
  path = '',
): string | null => {
  if (isTree(expected) && isTree(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const [was, is] = [expected[key], actual[key]];
      if (saysNothing(key, was) && saysNothing(key, is)) continue;
      if (ignored.has(key)) continue;
      const found = difference(was, is, ignored, `${path}/${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  const [was, is] = [JSON.stringify(expected), JSON.stringify(actual)];
  if (was === is) return null;
  return `${path}: ${is?.slice(0, 200) ?? 'nothing'} instead of ${was?.slice(0, 200) ?? 'nothing'}`;
};

/**
 * What the journals below a folder say: `{position}{f or c}/{index}` of each unit that has ended -> its status. Of one
 * that ended more than once it is 0, where any of them was: nobody runs it again after that.
 */
export const endsBelow = (folder: string): Map<string, number> => {
  const ends = new Map<string, number>();
  for (const path of filesIn(folder).filter((name) => name.endsWith('.journal'))) {
    const text = readFileSync(path, 'utf8');
    const stage = /^J 1 [0-9a-f]+-(\d+[fc])-/.exec(text)?.[1] ?? '';
    for (const [, index, status] of text.matchAll(/^E (\d+) (\d+) /gm)) {
      const unit = `${stage}/${String(index)}`;
      if (ends.get(unit) !== 0) ends.set(unit, Number(status));
    }
  }
  return ends;
};

/** How far the site had come when the run was cancelled is another matter each time; once is the most for any unit. */
export const wrongAfterCancel = ({ end, live, begun }: Verdict): string | null => {
  const twice = begun.find((stem, at) => begun.indexOf(stem) !== at);
  if (twice !== undefined) return `${twice} began twice`;
  return end.status === 'cancelled' && live.length === 0 ? null : JSON.stringify({ end, live });
};

/**
 * Where the records of a run say something else than its journals: a unit that ended with 0 is done, whatever became
 * of its batch, and no other one is. null when they agree.
 */
export const disagreement = ({ result }: Verdict, runDir: string): string | null => {
  if (!isResult(result)) return `no result: ${JSON.stringify(result)}`;
  const earlier = earlierOf(runDir);
  const ends = endsBelow(runDir);
  const before = existsSync(earlier) ? endsBelow(earlier) : new Map<string, number>();
  for (const [unit, status] of before) if (status === 0) ends.set(unit, status);
  for (const [position, { units }] of result.task_runs.entries()) {
    for (const { component, index, status, log_file: log } of units) {
      const stage = `${String(position).padStart(3, '0')}${component === 'compute' ? 'c' : 'f'}`;
      const end = ends.get(`${stage}/${index}`);
      if ((end === 0) !== (status === 'done'))
        return `${basename(log)} is ${status}, its journal says ${end === undefined ? 'nothing' : String(end)}`;
    }
  }
  return null;
};
