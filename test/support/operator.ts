/** An operator's hand on a run, as any client's: updates by name with plain JSON. */
import type { RunHandle } from '../../src/client/index.js';
import type { UpdateAnswer } from '../../src/wire/updates.js';
import { until } from './until.js';

export const ask = (
  run: Pick<RunHandle, 'temporal'>,
  name: string,
  argument?: unknown,
  updateId?: string,
): Promise<UpdateAnswer> =>
  run.temporal.executeUpdate<UpdateAnswer, [unknown]>(name, {
    args: [argument],
    ...(updateId === undefined ? {} : { updateId }),
  });

/** Type and words with which an update is refused. */
export const refusal = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    (answer) => `accepted: ${JSON.stringify(answer)}`,
    (error: unknown) => {
      const { cause } = error as { cause?: { type?: string; message?: string } };
      return `${cause?.type ?? ''}: ${cause?.message ?? String(error)}`;
    },
  );

export const untilStatus = (run: RunHandle, status: string): Promise<void> =>
  until(`the run is ${status}`, async () => (await run.progress()).progress?.status === status);
