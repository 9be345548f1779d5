/** What a run carries of its operator's word, through continue-as-new. */
import type { UpdateAnswer } from '../../wire/updates.js';
import { ANSWERS_KEPT } from '../tunables.js';

export interface OperatorState {
  /** `number`: of the mark that a pause with `now` has left; null without one. */
  paused: { now: boolean; number: number | null } | null;
  /** Marks so far. */
  marks: number;
  /** Answers by update id, the newest last: Temporal itself knows an id again only until the run continues as new. */
  answers: { id: string; answer: UpdateAnswer }[];
  /** The search attribute `FractalStatus` as it was set last; null: never. */
  told: string | null;
}

export const newOperatorState = (): OperatorState => ({ paused: null, marks: 0, answers: [], told: null });

export const answerOf = ({ answers }: OperatorState, id: string): UpdateAnswer | null =>
  answers.find((answered) => answered.id === id)?.answer ?? null;

export const remember = (state: OperatorState, id: string, answer: UpdateAnswer): void => {
  state.answers = [...state.answers, { id, answer }].slice(-ANSWERS_KEPT);
};
