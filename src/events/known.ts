/** Which events a run's file holds already, and which come too late to be told. Pure. */
import type { RunEvent } from '../wire/events.js';

/** What the event tells, as a name: who tells it again, or at the same time elsewhere, gives the same. */
export const keyOfEvent = (event: RunEvent): string => {
  switch (event.event) {
    case 'run_opened':
    case 'run_closed':
      return event.event;
    case 'task_taken_over':
    case 'task_planned':
    case 'task_applied':
    case 'held':
    case 'units_given_up':
      return `${event.event}/${event.task_index}/${event.generation}`;
    case 'units_planned':
      return `${event.event}/${event.task_index}/${event.generation}/${event.component}`;
    case 'unit_ended':
      return `${event.event}/${event.task_index}/${event.generation}/${event.component}/${event.index}`;
    case 'batch_waiting':
      return `${event.event}/${event.task_index}/${event.generation}/${event.component}/${event.batch}/${event.try}/${event.job_id}/${event.reason}`;
  }
};

/** Events of a task; of these none follows its `task_applied`. */
const BEFORE_APPLIED = new Set([
  ...['task_planned', 'units_planned', 'unit_ended', 'batch_waiting', 'task_applied'],
]);

/** A unit's key is its stage's and its index: a task may have 100,000 of them. */
const split = (key: string): [string, number] | null => {
  const cut = key.lastIndexOf('/');
  return key.startsWith('unit_ended/') ? [key.slice(0, cut), Number(key.slice(cut + 1))] : null;
};

export interface KnownEvents {
  /** Counts what a line of the file tells. */
  add(key: string, event: RunEvent): void;
  /** Whether there is a line for it, or it comes too late for one. */
  has(key: string, event: RunEvent): boolean;
  /** Units of a stage whose ends are told; of a task that was applied none is counted any more. */
  unitsEnded(of: { task_index: number; generation: number; component: string }): number;
  /** The task was applied, with these units or later ones. */
  isApplied(of: { task_index: number; generation: number }): boolean;
  closed(): boolean;
}

export const knownEvents = (): KnownEvents => {
  const others = new Set<string>();
  const units = new Map<string, Set<number>>();
  const applied = new Map<number, number>();
  let closed = false;

  /** Nothing of them is told any more, so that nobody need know which were. */
  const forget = (task: number, generation: number): void => {
    for (const prefix of units.keys()) {
      const [, index, of] = prefix.split('/');
      if (Number(index) === task && Number(of) <= generation) units.delete(prefix);
    }
  };
  const isApplied: KnownEvents['isApplied'] = ({ task_index: task, generation }) =>
    (applied.get(task) ?? -1) >= generation;
  return {
    add: (key, event) => {
      const unit = split(key);
      if (unit === null) others.add(key);
      else units.set(unit[0], (units.get(unit[0]) ?? new Set()).add(unit[1]));
      if (event.event === 'run_closed') closed = true;
      if (event.event !== 'task_applied') return;
      applied.set(event.task_index, event.generation);
      forget(event.task_index, event.generation);
    },
    has: (key, event) => {
      if (closed) return true;
      if ('task_index' in event && BEFORE_APPLIED.has(event.event) && isApplied(event)) return true;
      const unit = split(key);
      return unit === null ? others.has(key) : units.get(unit[0])?.has(unit[1]) === true;
    },
    unitsEnded: ({ task_index: task, generation, component }) =>
      units.get(`unit_ended/${task}/${generation}/${component}`)?.size ?? 0,
    isApplied,
    closed: () => closed,
  };
};
