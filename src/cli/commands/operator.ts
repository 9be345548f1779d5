/** `pause`, `resume`, `retry`, `skip`, `stop`: an operator's hand on a living run (docs/operating.md). */
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { quoteWord } from '../../batch/quote.js';
import { connectClient, getRun, type RunHandle } from '../../client/index.js';
import { noWorkerOf } from '../../report/no-worker.js';
import type { JsonObject } from '../../wire/request.js';
import type { UpdateAnswer } from '../../wire/updates.js';
import { Detached, exitCode, UsageError } from '../exit-codes.js';
import { type Io, say, type ServerOptions } from '../io.js';
import { addServerOptions } from '../options.js';
import { listenForInterrupts, unlessAborted } from '../signals.js';
import { whileWaiting } from '../still-waiting.js';
import { idOnServer, nameRun, requireTarget, requireTargetOfRun } from '../target.js';
import { NO_WORKER_NOTICE_MS } from '../tunables.js';
import { unitList } from '../unit-list.js';
import { taskTitle } from '../../wire/task-title.js';

interface RetryOptions extends ServerOptions {
  units?: number[] | 'failed';
  mem?: string;
  time?: string;
  meta?: JsonObject;
  rerunInterrupted?: boolean;
  yes?: boolean;
}

/**
 * Waits for the answer, and says so where nobody is there to give it.
 *
 * @throws Detached after Ctrl-C: the server keeps what was asked, so that this must be said.
 */
const answered = async (io: Io, run: RunHandle, asked: Promise<UpdateAnswer>): Promise<UpdateAnswer> => {
  const over = new AbortController();
  const missing = async (): Promise<string[]> => {
    const { taskQueue } = await run.temporal.describe();
    return noWorkerOf(run.client, run.temporal, taskQueue);
  };
  const note = (line: string): void => {
    say(io, line);
  };
  const notice = whileWaiting(missing, note, NO_WORKER_NOTICE_MS, over.signal);
  const interrupts = listenForInterrupts(exitCode.detached, () => {
    const command = `fractal-temporal status ${quoteWord(run.workflowId)}`;
    say(
      io,
      `Left without an answer: it may still be done once a worker comes. Where the run stands: ${command}`,
    );
  });
  try {
    const answer = await unlessAborted(asked, interrupts.signal);
    if (answer === null) throw new Detached();
    return answer;
  } finally {
    interrupts.dispose();
    over.abort();
    await notice;
  }
};

/** Connects to the run's server and does one thing there. */
const onRun = async (
  io: Io,
  id: string,
  options: ServerOptions,
  act: (run: RunHandle) => Promise<UpdateAnswer | null>,
): Promise<void> => {
  const named = await nameRun(id);
  const { runDir } = named;
  const target =
    runDir === null ? await requireTarget(io, options) : await requireTargetOfRun(io, options, runDir);
  const { client, close } = await connectClient(target);
  try {
    const answer = await act(getRun(client, await idOnServer(client, named)));
    if (answer !== null) say(io, answer.did);
  } finally {
    await close();
  }
};

/** A number alone is one: megabytes, as in a task's meta. */
const memory = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text);

const jsonObject = (text: string): JsonObject => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('expected a JSON object, such as \'{"gpus": "1"}\'.');
};

const metaOf = ({ mem, time, meta }: RetryOptions): JsonObject => ({
  ...meta,
  ...(mem === undefined ? {} : { mem: memory(mem) }),
  ...(time === undefined ? {} : { time }),
});

/** Asked on a terminal only: a program that calls this one has decided already. */
const isConfirmed = async (
  io: Io,
  run: RunHandle,
  { units = 'failed', yes }: RetryOptions,
): Promise<boolean> => {
  if (yes === true || !process.stdin.isTTY || !io.stderr.isTTY) return true;
  const held = (await run.progress()).progress?.held;
  if (!held) return true;
  const count = units === 'failed' ? held.open : units.length;
  const prompt = createInterface({ input: process.stdin, output: io.stderr });
  try {
    const answer = await prompt.question(
      `${count} of the ${held.open} failed units of task ${held.order} ${taskTitle(held)} run again. What they have changed so far stays as it is. Go on? [y/N] `,
    );
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
};

const retry = async (io: Io, run: RunHandle, options: RetryOptions): Promise<UpdateAnswer | null> => {
  if (!(await isConfirmed(io, run, options))) throw new UsageError('Nothing was done.');
  const { units = 'failed', rerunInterrupted = false } = options;
  const argument = { units, meta: metaOf(options), rerun_interrupted: rerunInterrupted };
  return answered(io, run, run.retry(argument));
};

const UNITS = 'as `units` lists them, such as 3,7-9 (default: all that failed)';

export const registerOperator = (program: Command, io: Io): void => {
  const add = (name: string, description: string): Command =>
    addServerOptions(
      program
        .command(name)
        .description(description)
        .argument('<id>', 'workflow id, or the directory of a run'),
    );
  add('pause', 'let no further batch of a run begin')
    .option('--now', 'running batches start no further unit either')
    .action((id: string, options: ServerOptions & { now?: boolean }) =>
      onRun(io, id, options, (run) => answered(io, run, run.pause({ now: options.now === true }))),
    );
  add('resume', 'let a paused run go on').action((id: string, options: ServerOptions) =>
    onRun(io, id, options, (run) => answered(io, run, run.resume())),
  );
  add('retry', 'run failed units of a held run again')
    .option('--units <list>', UNITS, unitList)
    .option('--mem <size>', 'memory of each unit, such as 8G')
    .option('--time <limit>', "time limit of their jobs, as SLURM's")
    .option('--meta <json>', "other keys of a task's meta, as a JSON object", jsonObject)
    .option('--rerun-interrupted', 'also units that were interrupted, and may have changed data')
    .option('--yes', 'do not ask')
    .action((id: string, options: RetryOptions) => onRun(io, id, options, (run) => retry(io, run, options)));
  add('skip', 'give failed units of a held run up, and go on with the rest')
    .option('--units <list>', UNITS, unitList)
    .action((id: string, options: ServerOptions & { units?: number[] | 'failed' }) =>
      onRun(io, id, options, (run) => answered(io, run, run.skip({ units: options.units ?? 'failed' }))),
    );
  add('stop', 'end a held run as failed, any other as cancelled; what is done is kept').action(
    (id: string, options: ServerOptions) => onRun(io, id, options, (run) => answered(io, run, run.stop())),
  );
};
