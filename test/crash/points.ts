/** Which points of a run are tried: all of them with `npm run test:crash`, else every so many. */
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import type { ActivityName } from './attempts.js';

export interface Point<Kind extends string = string> {
  /** Number of the call in the undisturbed run. */
  call: number;
  /** Number of the operation in that call, from 1. */
  at: number;
  kind: Kind;
}

/** The undisturbed run: its calls with their operations. */
export interface RecordedCall {
  name: ActivityName;
  operations: string[];
}

const everything = process.env['FRACTAL_TEMPORAL_CRASH'] === 'all';

/**
 * @param step of the short form: one point out of so many.
 * @param offset kinds of disturbance begin at different points, so that together they meet more of them.
 */
export const pointsOf = <Kind extends string>(
  calls: RecordedCall[],
  kind: Kind,
  step: number,
  offset: number,
): Point<Kind>[] => {
  const all = calls.flatMap(({ operations }, call) =>
    operations.map((_, index): Point<Kind> => ({ call, at: index + 1, kind })),
  );
  return everything ? all : all.filter((_, index) => index % step === offset % step);
};

/** Disturbs at each point and says what is wrong, point by point; prints how many there were. */
export const tryPoints = async (
  title: string,
  calls: RecordedCall[],
  points: Point[],
  disturb: (point: Point) => Promise<string | null>,
): Promise<string[]> => {
  const wrong: string[] = [];
  for (const point of points) {
    const problem = await disturb(point);
    if (problem === null) continue;
    const { name, operations } = calls[point.call] ?? { name: '', operations: [] };
    const where = `call ${point.call} ${name}, after ${point.at} ${String(operations[point.at - 1])}`;
    wrong.push(`${where}: ${problem}`);
  }
  const total = calls.reduce((sum, { operations }) => sum + operations.length, 0);
  console.log(`${title}: ${points.length} of ${total} points, ${wrong.length} wrong`);
  return wrong;
};

/** Thousands of runs of a hundred small files each: in memory, where there is such a folder. */
export const memoryFolder = (): string => {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
};
