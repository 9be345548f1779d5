/** Requests that go on from an earlier run (docs/continuing.md). */
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { errorCode } from '../state/errors.js';
import { readIdentity } from '../state/identity.js';
import { requestPath } from '../state/paths.js';
import { readWhole } from '../state/read-file.js';
import type { GivenRecovery, LimitRecovery, Recovery, RecoveryRules } from '../wire/recovery.js';
import type { ProcessWorkflowRequest } from '../wire/request.js';
import { type EndedRun, readEndedRun } from './ended-run.js';
import { NotContinuableError } from './errors.js';
import { type ProcessWorkflowInput, runDirOf } from './request.js';

export interface ContinueOptions {
  /** Directory of the new run; default: the next free of `NAME.2`, `NAME.3`, ... beside the earlier one. */
  workflowDir?: string;
  /** A changed request; default: the earlier run's own. Its directories, and where it goes on from, are set. */
  request?: ProcessWorkflowInput;
  /** Units that the earlier run had begun, and that were interrupted, may run again. */
  rerunInterrupted?: boolean;
}

const SUFFIX = /\.([2-9]|[1-9]\d+)$/;

const isRunDir = async (dir: string): Promise<boolean> => (await readIdentity(dir)) !== null;

/** `job` of `job.2`, where both are directories of runs. */
const rootOf = async (runDir: string): Promise<string> => {
  const root = runDir.replace(SUFFIX, '');
  return root !== runDir && (await isRunDir(root)) ? root : runDir;
};

/** Numbers of `root.2`, `root.3`, ... that are taken by anything, ascending. */
const numbersAfter = async (root: string): Promise<number[]> => {
  const prefix = `${basename(root)}.`;
  let names: string[];
  try {
    names = await readdir(dirname(root));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((name) => name.startsWith(prefix) && SUFFIX.test(`.${name.slice(prefix.length)}`))
    .map((name) => Number(name.slice(prefix.length)))
    .sort((left, right) => left - right);
};

const numbered = (root: string, number: number): string => (number === 1 ? root : `${root}.${number}`);

/** The request in another directory; where the cluster's side has a path of its own, both get the same number. */
const inDirectory = (request: ProcessWorkflowInput, runDir: string): ProcessWorkflowInput => {
  const { workflow_dir_local: local, workflow_dir_remote: remote = null } = request;
  if (remote === null || remote === local)
    return {
      ...request,
      workflow_dir_local: runDir,
      ...(remote !== null && { workflow_dir_remote: runDir }),
    };
  const suffix = SUFFIX.exec(runDir)?.[0] ?? '';
  const besides = runDir === `${remote.replace(SUFFIX, '')}${suffix}`;
  return {
    ...request,
    workflow_dir_local: besides ? `${local.replace(SUFFIX, '')}${suffix}` : runDir,
    workflow_dir_remote: runDir,
  };
};

const clock = (seconds: number): string => {
  const parts = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
};

const givenLimit = ({ tries, factor, max }: LimitRecovery, words: (max: number) => string) => ({
  ...{ tries, factor },
  // Requests that said null were stored with an object in its place until this was noticed.
  max: typeof max === 'number' ? words(max) : null,
});

/** As a request writes what was settled when the run was opened. */
const givenRules = (rules: RecoveryRules): object => {
  const { memory, time, infrastructure, ...rest } = rules;
  return {
    ...rest,
    memory: givenLimit(memory, (megabytes) => `${megabytes}M`),
    time: givenLimit(time, clock),
    ...(infrastructure.given && { infrastructure: { tries: infrastructure.tries } }),
  };
};

/** What 0.2 has stored is as a request has it. */
const isSettled = (recovery: object): recovery is RecoveryRules => 'memory' in recovery;

/** Without what only openRun can say. */
const givenRecovery = ({ tasks, in_parts: _, ...run }: Recovery): object => {
  const one = (rules: object): object => (isSettled(rules) ? givenRules(rules) : rules);
  const own = Object.entries(tasks).map(([position, rules]) => [position, one(rules)] as const);
  return { ...one(run), tasks: Object.fromEntries(own) };
};

const storedInput = async (runDir: string): Promise<ProcessWorkflowInput> => {
  let stored: ProcessWorkflowRequest;
  try {
    stored = JSON.parse((await readWhole(requestPath(runDir))).toString('utf8')) as ProcessWorkflowRequest;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new NotContinuableError(`No run that could be continued was opened in ${runDir}: ${why}`);
  }
  return { ...stored, recovery: givenRecovery(stored.recovery) };
};

const mayRerun = (request: ProcessWorkflowInput): ProcessWorkflowInput => {
  const recovery = (request['recovery'] ?? {}) as GivenRecovery & { tasks?: Record<string, object> };
  const tasks = Object.entries(recovery.tasks ?? {}).map(
    ([position, rules]) => [position, { ...rules, rerun_interrupted: true }] as const,
  );
  return {
    ...request,
    recovery: {
      ...recovery,
      rerun_interrupted: true,
      ...(tasks.length > 0 && { tasks: Object.fromEntries(tasks) }),
    },
  };
};

const from = (
  request: ProcessWorkflowInput,
  runDir: string,
  earlier: string | null,
  rerunInterrupted = false,
): ProcessWorkflowInput => {
  const moved = inDirectory(request, runDir);
  const allowed = rerunInterrupted ? mayRerun(moved) : moved;
  return earlier === null ? allowed : { ...allowed, continue_from: earlier };
};

/**
 * The request of a run that goes on from the one in `runDir`: that one's own, or a changed one, in a new directory.
 *
 * @throws NotContinuableError when no run was opened there.
 */
export const continuedRequest = async (
  runDir: string,
  { workflowDir, request, rerunInterrupted }: ContinueOptions = {},
): Promise<ProcessWorkflowInput> => {
  const stored = await storedInput(runDir);
  const root = await rootOf(runDir);
  const next = numbered(root, Math.max(1, ...(await numbersAfter(root))) + 1);
  return from(request ?? stored, workflowDir ?? next, runDir, rerunInterrupted);
};

const wasOpened = (runDir: string): Promise<boolean> =>
  readWhole(requestPath(runDir)).then(
    () => true,
    () => false,
  );

/** Whether nothing of what is asked for now is left to do. */
const coversAll = async (
  ended: EndedRun,
  runDir: string,
  asked: { tasks: number; last: number },
): Promise<boolean> => {
  if (ended.result.status !== 'done') return false;
  const { workflow, last_task_index: last } = (await storedInput(
    runDir,
  )) as unknown as ProcessWorkflowRequest;
  return workflow.task_list.length === asked.tasks && last === asked.last;
};

const askedOf = (request: ProcessWorkflowInput): { tasks: number; last: number } => {
  const list = (request.workflow as { task_list?: unknown }).task_list;
  const tasks = Array.isArray(list) ? list.length : 0;
  return {
    tasks,
    last: typeof request['last_task_index'] === 'number' ? request['last_task_index'] : tasks - 1,
  };
};

/** What `againRequest` found: a request to start (or join), or the run that has done all of it. */
export type Again = { request: ProcessWorkflowInput; done: null } | { request: null; done: EndedRun };

/**
 * The same request once more: the first time as it is; then in the next of `NAME.2`, `NAME.3`, ... that is free, going on
 * from the last run. One that still goes on is joined.
 */
export const againRequest = async (
  request: ProcessWorkflowInput,
  rerunInterrupted = false,
): Promise<Again> => {
  const root = runDirOf(request);
  const numbers = [1, ...(await numbersAfter(root))];
  const runs: number[] = [];
  for (const number of numbers) if (await isRunDir(numbered(root, number))) runs.push(number);
  const opened: number[] = [];
  for (const number of runs) if (await wasOpened(numbered(root, number))) opened.push(number);
  const last = runs.at(-1);
  const start = (number: number, earlier: number | undefined): Again => {
    const before = earlier === undefined ? null : numbered(root, earlier);
    return { request: from(request, numbered(root, number), before, rerunInterrupted), done: null };
  };
  if (last === undefined) return { request, done: null };
  const dir = numbered(root, last);
  const ended = await readEndedRun(dir);
  if (ended === null)
    return last === 1 ? { request, done: null } : start(last, opened.filter((n) => n < last).at(-1));
  if (await coversAll(ended, dir, askedOf(request))) return { request: null, done: ended };
  return start(Math.max(...numbers) + 1, last);
};
