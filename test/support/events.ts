/** What must hold of the events of any run, whatever has happened to it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventLine, plannedUnitLine } from '../../src/validation/schemas/events.js';
import type { EventLine, PlannedUnitLine, UnitEnded } from '../../src/wire/events.js';
import type { RunResult, UnitRecord } from '../../src/wire/result.js';

type Line<E extends EventLine['event']> = Extract<EventLine, { event: E }>;

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

export const readEventLines = (runDir: string): EventLine[] =>
  linesOf(join(runDir, 'events.jsonl')).map((line) => JSON.parse(line) as EventLine);

export const only = <E extends EventLine['event']>(lines: readonly EventLine[], event: E): Line<E>[] =>
  lines.filter((line): line is Line<E> => line.event === event);

/** Of every run: whole lines, numbered without gaps, no key twice, nothing of a task after it was applied. */
const wrongLines = (lines: readonly EventLine[]): string | null => {
  const keys = new Set<string>();
  const applied = new Map<number, number>();
  for (const [place, line] of lines.entries()) {
    const valid = eventLine.safeParse(line);
    if (!valid.success) return `${line.key}: ${valid.error.message}`;
    if (line.seq !== place + 1) return `line ${place + 1} has the number ${line.seq}`;
    if (keys.has(line.key)) return `${line.key} is there twice`;
    keys.add(line.key);
    if ((place === 0) !== (line.event === 'run_opened')) return `${line.key} is line ${place + 1}`;
    if (line.event === 'run_closed' && place !== lines.length - 1)
      return `${String(lines[place + 1]?.key)} after the end`;
    if (!('task_index' in line) || ['held', 'units_given_up'].includes(line.event)) continue;
    if ((applied.get(line.task_index) ?? -1) >= line.generation)
      return `${line.key} after its task was applied`;
    if (line.event === 'task_applied') applied.set(line.task_index, line.generation);
  }
  return null;
};

const unitKey = ({ component, index }: Pick<UnitRecord, 'component' | 'index'>): string =>
  `${component}/${index}`;

const isSameEnd = (unit: UnitRecord, end: UnitEnded): boolean =>
  unit.cause === end.cause &&
  unit.exit_code === end.exit_code &&
  unit.signal === end.signal &&
  // Units of a compound fail together in its record.
  (unit.status === end.status || (unit.status === 'failed' && unit.cause === null));

const wrongPlans = (lines: readonly EventLine[], runDir: string): string | null => {
  for (const { key, file, units, component, task_index: task, generation } of only(lines, 'units_planned')) {
    const planned = linesOf(join(runDir, file)).map((line) => JSON.parse(line) as PlannedUnitLine);
    const bad = planned.find((unit) => !plannedUnitLine.safeParse(unit).success);
    if (bad !== undefined) return `${file}: ${JSON.stringify(bad)}`;
    if (planned.length !== units) return `${key}: ${planned.length} units in ${file}, ${units} are told`;
    const ends = only(lines, 'unit_ended').filter(
      (end) => end.task_index === task && end.generation === generation && end.component === component,
    );
    const [told, ended] = [planned, ends].map((all) => all.map(({ index }) => index).sort((a, b) => a - b));
    if (JSON.stringify(told) !== JSON.stringify(ended))
      return `${key}: units ${String(told)} are planned, ${String(ended)} have ended`;
  }
  return null;
};

const wrongTask = (
  lines: readonly EventLine[],
  position: number,
  run: RunResult['task_runs'][number],
  runDir: string,
): string | null => {
  const applied = only(lines, 'task_applied').findLast(({ task_index: task }) => task === position);
  if (applied === undefined) return `task ${position} is not told to be applied`;
  if (applied.status !== run.status) return `${applied.key}: ${applied.status}, its record: ${run.status}`;
  const ends = only(lines, 'unit_ended').filter(({ task_index: task }) => task === position);
  for (const unit of run.units) {
    const told = ends.filter((end) => unitKey(end) === unitKey(unit));
    if (!told.some((end) => isSameEnd(unit, end)))
      return `unit ${position}/${unitKey(unit)}: ${JSON.stringify(unit)}, told: ${JSON.stringify(told)}`;
  }
  const bytes = readFileSync(join(runDir, applied.images_file));
  const digest = createHash('sha256').update(bytes).digest('hex');
  if (digest !== applied.images_sha256) return `${applied.images_file} is not what ${applied.key} tells`;
  return null;
};

/** What is wrong with the events of a run that was closed with this result; null when nothing is. */
export const wrongEvents = (runDir: string, result: RunResult): string | null => {
  if (!existsSync(join(runDir, 'events.jsonl'))) return 'there is no events.jsonl';
  const lines = readEventLines(runDir);
  const wrong = wrongLines(lines) ?? wrongPlans(lines, runDir);
  if (wrong !== null) return wrong;
  const [opened] = only(lines, 'run_opened');
  const taken = only(lines, 'task_taken_over').length;
  for (const [place, run] of result.task_runs.entries()) {
    if (place < taken) continue;
    const found = wrongTask(lines, (opened?.first_task_index ?? 0) + place, run, runDir);
    if (found !== null) return found;
  }
  const [closed] = only(lines, 'run_closed');
  if (closed?.status !== result.status)
    return `closed: ${String(closed?.status)}, its result: ${result.status}`;
  return null;
};
