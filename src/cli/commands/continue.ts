/** `continue`: a run that goes on from an earlier one, waited for (docs/continuing.md). */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import {
  connectClient,
  continuedRequest,
  directoryOfRun,
  getRun,
  WORKFLOW_TASK_QUEUE,
} from '../../client/index.js';
import { UsageError } from '../exit-codes.js';
import type { Delivery } from '../follow.js';
import { type Io, say, type ServerOptions } from '../io.js';
import { addBackendOptions, addServerOptions } from '../options.js';
import { checkRequest, readRequest } from '../request-file.js';
import type { SessionOptions } from '../session.js';
import { idOnServer, nameRun, requireTarget } from '../target.js';
import { runChecked } from './run.js';

interface ContinueOptions extends SessionOptions, Delivery {
  request?: string;
  workflowDir?: string;
  rerunInterrupted?: boolean;
}

/** The directory of a run that is named by its id: its server knows. */
const directoryOf = async (io: Io, id: string, options: ServerOptions): Promise<string> => {
  const named = await nameRun(id);
  if (named.runDir !== null) return named.runDir;
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const workflowId = await idOnServer(client, named);
    const known = await directoryOfRun(client, getRun(client, workflowId).temporal);
    if (known === null)
      throw new UsageError(`Nobody knows the directory of run ${workflowId} any more: name it by that.`);
    return known;
  } finally {
    await close();
  }
};

const continueCommand = async (io: Io, id: string, options: ContinueOptions): Promise<void> => {
  const earlier = await directoryOf(io, id, options);
  const changed = options.request === undefined ? null : await readRequest(options.request, options, io.env);
  const input = await continuedRequest(earlier, {
    ...(changed !== null && { request: changed.input }),
    ...(options.workflowDir !== undefined && { workflowDir: resolve(options.workflowDir) }),
    ...(options.rerunInterrupted === true && { rerunInterrupted: true }),
  });
  const checked = await checkRequest(input, options, io.env);
  say(io, `Goes on from ${earlier}, in ${checked.runDir}.`);
  const more = [
    ...(options.request === undefined ? [] : [`--request ${options.request}`]),
    ...(options.rerunInterrupted === true ? ['--rerun-interrupted'] : []),
  ];
  const comeBack = [`continue ${id} --workflow-dir ${checked.runDir}`, ...more].join(' ');
  const again = [`continue ${checked.runDir}`, ...more].join(' ');
  await runChecked(io, checked, { comeBack, again }, options);
};

export const registerContinue = (program: Command, io: Io): void => {
  const command = program
    .command('continue')
    .description(
      'start a run that goes on from an earlier one: only what is not done runs; wait for its result',
    )
    .argument('<id>', 'id or directory of a run that is over')
    .option('--request <file>', "a changed request (default: the earlier run's)")
    .option('--workflow-dir <dir>', 'directory of the new run (default: the next free NAME.2, NAME.3, ...)')
    .option('--rerun-interrupted', 'units that had begun and were interrupted may run again')
    .option('--result <file>', 'write the result there, as JSON, instead of to stdout')
    .option(
      '--json',
      'the result as JSON on a terminal too; in a pipe it always is (schemas/result.schema.json)',
    )
    .option('--task-queue <name>', 'queue of the workflow worker', WORKFLOW_TASK_QUEUE);
  addBackendOptions(addServerOptions(command)).action((id: string, options: ContinueOptions) =>
    continueCommand(io, id, options),
  );
};
