/** The line of a unit that has ended for good. Pure. */
import { join } from 'node:path';
import type { UnitEnd } from '../../batch/read-journals.js';
import { decideUnit } from '../../outcomes/decide.js';
import type { Policy } from '../../outcomes/policy.js';
import type { UnitOutcome } from '../../outcomes/unit-outcome.js';
import type { PlanFile } from '../../state/plan-file.js';
import type { UnitEnded } from '../../wire/events.js';
import { generationOf, logOf, within } from './names.js';

/** What all units of one plan have in common. */
export interface EndedOf {
  runDir: string;
  plan: Pick<PlanFile, 'position' | 'component' | 'task_dir' | 'retry'>;
}

const asTime = (epochSeconds: number | null): string | null =>
  epochSeconds === null ? null : new Date(epochSeconds * 1000).toISOString();

const rounded = (seconds: number | null): number | null =>
  seconds === null ? null : Math.round(seconds * 1000) / 1000;

const head = ({ plan }: EndedOf): Pick<UnitEnded, 'event' | 'task_index' | 'generation' | 'component'> => ({
  event: 'unit_ended',
  task_index: plan.position,
  generation: generationOf(plan),
  component: plan.component,
});

/** As the verdict on its batch says; not of one that runs again. */
export const endedByVerdict = (of: EndedOf, unit: UnitOutcome): UnitEnded => ({
  ...head(of),
  index: unit.index,
  status: unit.status === 'done' ? 'done' : 'failed',
  ...{ cause: unit.cause, exit_code: unit.exit_code, signal: unit.signal },
  try: unit.tries.at(-1)?.n ?? null,
  ...{ ended: asTime(unit.ended_at), seconds: rounded(unit.seconds) },
  // One that was taken over has its log in the earlier run's directory.
  log_file: unit.taken?.record.log_file ?? within(of.runDir, logOf(of.plan.task_dir, unit.stem)),
});

/**
 * What the journal alone says for good while others of the batch still run; null where the verdict on the batch may be
 * another one: only a scheduler knows what a signal was for, and an exit code may be one that runs again.
 *
 * @param problem with its output; null when there is none.
 */
export const endedByJournal = (
  of: EndedOf,
  end: UnitEnd,
  stem: string,
  attempt: number,
  { rules }: Policy,
  problem: string | null,
): UnitEnded | null => {
  if (end.status === null) return null;
  const facts = { ended: true, begun: true, notExecutable: false, closed: false, status: end.status };
  const { status, cause, exit_code, signal } = decideUnit(facts, null);
  if (signal !== null || Object.hasOwn(rules.exit_codes, String(end.status))) return null;
  const isInvalid = status === 'done' && problem !== null;
  return {
    ...head(of),
    index: end.index,
    status: isInvalid || status !== 'done' ? 'failed' : 'done',
    ...{ cause: isInvalid ? 'invalid_output' : cause, exit_code, signal },
    try: attempt,
    ...{ ended: asTime(end.endedAt), seconds: rounded(end.seconds) },
    log_file: within(of.runDir, join(of.plan.task_dir, `${stem}-log.txt`)),
  };
};
