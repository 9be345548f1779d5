/** What a run shows of itself while it goes on: details in the Web UI, the query, the search attribute of its status. */
import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { Progress } from '../wire/progress.js';
import { statusOf, type Standing } from './operator/standing.js';
import type { OperatorState } from './operator/state.js';
import { detailsMarkdown, openingMarkdown } from './details.js';
import { progressOf, type Phase } from './progress.js';
import { statusPair, statusText } from './search-attributes.js';
import type { RunState } from './state.js';

export type Flags = Pick<Standing, 'ended' | 'cancelling' | 'stopping'>;

export interface Showing {
  /** Set as the run goes on; what is shown follows with the next `show`. */
  flags: Flags;
  show(phase: Phase): void;
  again(): void;
  opening(): void;
  standing(): Standing;
  progress(): Progress;
}

const isAtWork = (run: RunState | null): boolean =>
  run?.task?.stages.some(({ open }) => open.some(({ pending }) => pending)) ?? false;

const atWork = new Set<Phase>(['opening', 'planning', 'applying', 'closing']);

export const createShowing = (
  taskQueue: string,
  operator: OperatorState,
  state: () => RunState | null,
): Showing => {
  const flags: Flags = { ended: null, cancelling: false, stopping: false };
  let phase: Phase = 'opening';
  const standing = (): Standing => {
    const run = state();
    const held = (run?.task?.held?.open ?? 0) > 0;
    return { ...flags, held, paused: operator.paused, active: atWork.has(phase) || isAtWork(run) };
  };
  const progress = (): Progress => progressOf(state(), phase, statusOf(standing()));
  const tell = (): void => {
    const text = statusText(statusOf(standing()));
    if (state()?.opened.has_status_attribute !== true || operator.told === text) return;
    operator.told = text;
    upsertSearchAttributes([statusPair(text)]);
  };
  const again = (): void => {
    setCurrentDetails(detailsMarkdown(progress(), workflowInfo().workflowId));
    tell();
  };
  return {
    ...{ flags, standing, progress, again },
    show: (now) => {
      phase = now;
      again();
    },
    opening: () => {
      setCurrentDetails(openingMarkdown(taskQueue));
    },
  };
};
