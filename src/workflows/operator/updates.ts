/**
 * The updates of `processWorkflow` (docs/updates.md): one after the other, refused with a reason where they are impossible,
 * answered alike to whoever asks again with the same id.
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import {
  ActivityFailure,
  condition,
  currentUpdateInfo,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import {
  UPDATE_REFUSED,
  updateNames,
  type UpdateAnswer,
  type UpdateArguments,
  type UpdateName,
} from '../../wire/updates.js';
import { withoutStack } from '../../wire/without-stack.js';
import { parseUpdate, WrongArgument } from './parse-update.js';
import { refusalOf, type Standing } from './standing.js';
import { answerOf, remember, type OperatorState } from './state.js';

export type Acts = {
  [Name in UpdateName]: (argument: UpdateArguments[Name]) => UpdateAnswer | Promise<UpdateAnswer>;
};

export interface Listening {
  operator(): OperatorState;
  standing(): Standing;
  acts: Acts;
  /** After each: what the run shows of itself may have changed. */
  changed(): void;
}

const descriptions: Record<UpdateName, string> = {
  pause: 'No further batch begins. {"now": true}: running batches start no further unit either',
  resume: 'A paused run goes on. {}',
  retry:
    'A held run: runs failed units again. {"units": "failed" or [indices], "meta": {"mem": "8G"}, "rerun_interrupted": false}',
  skip: 'A held run: gives failed units up. {"units": "failed" or [indices]}',
  stop: 'A held run fails, any other is cancelled; what is done is kept. {}',
};

export const refused = (name: UpdateName, why: string): ApplicationFailure =>
  withoutStack(
    ApplicationFailure.create({
      type: UPDATE_REFUSED,
      message: `${name} refused: ${why}`,
      nonRetryable: true,
      category: ApplicationFailureCategory.BENIGN,
    }),
  );

/** Whatever goes wrong on the way to a change: a failure of the update, never of the run. */
const asRefusal = (name: UpdateName, error: unknown): ApplicationFailure => {
  if (isCancellation(error)) return refused(name, 'the run is being cancelled; nothing was changed');
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const words = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof ApplicationFailure && cause.type === UPDATE_REFUSED) {
    return error === cause ? cause : refused(name, words);
  }
  return refused(name, `it could not be done: ${words}; nothing was changed`);
};

const checked = <Name extends UpdateName>(
  name: Name,
  value: unknown,
  standing: Standing,
): UpdateArguments[Name] => {
  let argument: UpdateArguments[Name];
  try {
    argument = parseUpdate(name, value);
  } catch (error) {
    if (error instanceof WrongArgument) throw refused(name, error.message);
    throw error;
  }
  const why = refusalOf(name, standing, 'now' in argument && argument.now);
  if (why !== null) throw refused(name, why);
  return argument;
};

const updateId = (): string => currentUpdateInfo()?.id ?? '';

type Act = (argument: UpdateArguments[UpdateName]) => UpdateAnswer | Promise<UpdateAnswer>;

const act = (
  name: UpdateName,
  value: unknown,
  { acts, standing }: Listening,
): UpdateAnswer | Promise<UpdateAnswer> => (acts[name] as Act)(checked(name, value, standing()));

const listenTo = (
  name: UpdateName,
  listening: Listening,
  inTurn: (work: () => Promise<UpdateAnswer>) => Promise<UpdateAnswer>,
): void => {
  const handle = async (value?: unknown): Promise<UpdateAnswer> => {
    const id = updateId();
    try {
      return await inTurn(async () => {
        const before = answerOf(listening.operator(), id);
        if (before !== null) return before;
        // Checked once more: whoever was before in the queue may have changed where the run stands.
        const answer = await act(name, value, listening);
        remember(listening.operator(), id, answer);
        return answer;
      });
    } catch (error) {
      throw asRefusal(name, error);
    } finally {
      listening.changed();
    }
  };
  setHandler(defineUpdate<UpdateAnswer, [unknown?]>(name), handle, {
    description: descriptions[name],
    validator: (value?: unknown) => {
      if (answerOf(listening.operator(), updateId()) === null) checked(name, value, listening.standing());
    },
  });
};

/** From now on the run takes updates. */
export const listenToUpdates = (listening: Listening): void => {
  let busy = false;
  const inTurn = async (work: () => Promise<UpdateAnswer>): Promise<UpdateAnswer> => {
    while (busy) await condition(() => !busy);
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  };
  for (const name of updateNames) listenTo(name, listening, inTurn);
};
