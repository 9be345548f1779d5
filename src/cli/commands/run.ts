/** `run`: start or join a run, wait for it, hand over its result. */
import type { Command } from 'commander';
import {
  againRequest,
  type EndedRun,
  ExecutionError,
  readEndedRun,
  requestDigest,
  startProcessWorkflow,
  WORKFLOW_TASK_QUEUE,
} from '../../client/index.js';
import { givenTarget } from '../../server/address.js';
import { isAway, isUnasked } from '../away.js';
import { Advised, Detached, exitCode, UsageError } from '../exit-codes.js';
import { deliverEnd, type Delivery, followRun } from '../follow.js';
import { clearEcho, type Io, say } from '../io.js';
import { queuesOf } from '../../report/no-worker.js';
import { openSession } from '../open-session.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { checkRequest, type CheckedRequest, readRequest } from '../request-file.js';
import type { Session, SessionOptions } from '../session.js';
import { listenForInterrupts } from '../signals.js';
import { runUrl } from '../web-ui.js';

interface RunOptions extends SessionOptions, Delivery {
  workflowId?: string;
  again?: boolean;
  rerunInterrupted?: boolean;
  dryRun?: boolean;
  script?: boolean;
}

/** What to say when Ctrl-C leaves a run that goes on. */
const detachedLines = ({ target }: Session, comeBack: string, checked: CheckedRequest): string[] => {
  const isPrivate = target.origin === 'private';
  const name = isPrivate ? checked.runDir : checked.workflowId;
  return [
    isPrivate
      ? `Detached from run ${checked.workflowId}: what is running in its batches goes on, the next tasks wait for you.`
      : `Detached from run ${checked.workflowId}; it goes on.`,
    `  come back: fractal-temporal ${comeBack}`,
    `  cancel it: fractal-temporal cancel ${name}`,
  ];
};

/** The run of this very request as its directory tells it, when it has ended; null otherwise. */
const endedBefore = async ({ input, runDir, workflowId }: CheckedRequest): Promise<EndedRun | null> => {
  const ended = await readEndedRun(runDir);
  return ended?.workflowId === workflowId && ended.requestDigest === requestDigest(input) ? ended : null;
};

/** A run that has ended needs no server: its result is there, whatever keeps its server away. */
const openOrEnded = async (
  io: Io,
  checked: CheckedRequest,
  options: RunOptions,
): Promise<Session | EndedRun> => {
  const { request, runDir } = checked;
  try {
    const place = {
      runDir,
      backend: request.backend,
      activityQueue: request.activity_task_queue,
      workflowQueue: options.taskQueue ?? WORKFLOW_TASK_QUEUE,
    };
    return await openSession(io, place, options);
  } catch (error) {
    // A server that was named has to answer.
    if (!isUnasked(error) || (isAway(error) && givenTarget(options, io.env) !== null)) throw error;
    const ended = await endedBefore(checked);
    if (ended === null) throw error;
    say(io, error.message);
    return ended;
  }
};

/** Commands about a run, to be told. */
export interface RunCommands {
  /** Joins it again. */
  comeBack: string;
  /** Does what it has left undone. */
  again: string;
}

/** Starts or joins the run of a checked request and waits for its end. */
export const runChecked = async (
  io: Io,
  checked: CheckedRequest,
  { comeBack, again }: RunCommands,
  options: RunOptions,
): Promise<void> => {
  const { request, input, workflowId } = checked;
  for (const warning of checked.warnings) say(io, `Warning: ${warning}`);
  const interrupts = listenForInterrupts(exitCode.detached, () => {
    clearEcho(io);
    say(io, 'Leaving ... (Ctrl-C again: at once)');
  });
  try {
    const queues = queuesOf(options.taskQueue ?? WORKFLOW_TASK_QUEUE, request.activity_task_queue);
    const session = await openOrEnded(io, checked, options);
    if (!('client' in session)) {
      say(io, `Run ${workflowId} has ended; this is what its directory has of it.`);
      await deliverEnd(io, session, options);
      return;
    }
    try {
      const { workflowId: given, taskQueue } = options;
      const start = {
        ...(given !== undefined && { workflowId: given }),
        ...(taskQueue !== undefined && { taskQueue }),
      };
      const run = await startProcessWorkflow(session.client, input, start);
      checked.workflowId = run.workflowId;
      say(
        io,
        `${run.joined ? 'Joined' : 'Started'} run ${run.workflowId}${runUrl(session.target, run.workflowId)}`,
      );
      await followRun(io, { session, run, queues, delivery: options, signal: interrupts.signal });
    } catch (error) {
      if (error instanceof Detached)
        for (const line of detachedLines(session, comeBack, checked)) say(io, line);
      if (error instanceof ExecutionError)
        throw new Advised(error, `Once it is mended, only what is not done: fractal-temporal ${again}`);
      throw error;
    } finally {
      await session.close();
    }
  } finally {
    interrupts.dispose();
  }
};

/** Once more what is not done (docs/continuing.md). */
const runAgain = async (io: Io, requestPath: string, options: RunOptions): Promise<void> => {
  if (options.workflowId !== undefined)
    throw new UsageError('--again makes a new run with an id of its own: leave out --workflow-id.');
  const { input } = await readRequest(requestPath, options, io.env);
  const again = await againRequest(input, options.rerunInterrupted);
  if (again.done !== null) {
    const { workflowId, result } = again.done;
    say(io, `Run ${workflowId} in ${result.workflow_dir} is done: nothing is left to do.`);
    return deliverEnd(io, again.done, options);
  }
  const checked = await checkRequest(again.request, options, io.env);
  const from = checked.request.continue_from ?? null;
  if (from !== null) say(io, `Goes on from ${from}, in ${checked.runDir}.`);
  const path = requestPath === '-' ? 'REQUEST.json' : requestPath;
  const consent = options.rerunInterrupted === true ? ' --rerun-interrupted' : '';
  const command = `run ${path} --again${consent}`;
  return runChecked(io, checked, { comeBack: command, again: command }, options);
};

export const runCommand = async (io: Io, requestPath: string, options: RunOptions): Promise<void> => {
  if (options.dryRun === true) {
    if (options.again === true) throw new UsageError('--dry-run does not go with --again.');
    return (await import('./check.js')).checkCommand(io, requestPath, options);
  }
  if (options.script === true) throw new UsageError('--script belongs to --dry-run.');
  if (options.again === true) return runAgain(io, requestPath, options);
  if (options.rerunInterrupted === true) throw new UsageError('--rerun-interrupted belongs to --again.');
  const checked = await readRequest(requestPath, options, io.env);
  const path = requestPath === '-' ? 'REQUEST.json' : requestPath;
  const command = `run ${path}`;
  return runChecked(io, checked, { comeBack: command, again: `${command} --again` }, options);
};

export const registerRun = (program: Command, io: Io): void => {
  const command = program
    .command('run')
    .description('start a run, or join the one that the same request has, and wait for its result')
    .argument('<request>', 'JSON file of the request; - reads stdin')
    .option('--again', 'what is not done: in the next free directory NAME.2, NAME.3, ..., from the last run')
    .option('--rerun-interrupted', 'with --again: units that had begun and were interrupted may run again')
    .option('--dry-run', 'as `check`: says what would be done, and does nothing of it')
    .option('--script', 'with --dry-run: the script of each first batch')
    .option('--result <file>', 'write the result there, as JSON, instead of to stdout')
    .option(
      '--json',
      'the result as JSON on a terminal too; in a pipe it always is (schemas/result.schema.json)',
    )
    .option('--workflow-id <id>', "default: from the workflow's name and the run's directory")
    .option('--task-queue <name>', 'queue of the workflow worker', WORKFLOW_TASK_QUEUE);
  addBackendOptions(addServerOptions(command)).action((request: string, options: RunOptions) =>
    runCommand(io, request, options),
  );
};
