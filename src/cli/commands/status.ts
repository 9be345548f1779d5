/** `status`: one run in detail, or all running ones. */
import { WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { connectClient, readEndedRun } from '../../client/index.js';
import { givenTarget, type ServerTarget } from '../../server/address.js';
import { FORGOTTEN, isAway, isUnasked, LOST } from '../away.js';
import { UsageError } from '../exit-codes.js';
import { formatReport } from '../../report/format-report.js';
import { type Io, jsonText, print, type ServerOptions } from '../io.js';
import { addServerOptions } from '../options.js';
import { styleOf } from '../style.js';
import { reportFromFiles, reportRun, type RunReport } from '../../report/run-report.js';
import { idOnServer, type NamedRun, nameRun, requireTarget, targetOfRun } from '../target.js';
import { FAILED_UNITS_SHOWN } from '../../report/tunables.js';
import { formatRuns, listRuns } from '../../report/runs.js';

interface StatusOptions extends ServerOptions {
  json?: boolean;
}

const reportOn = async (target: ServerTarget, named: NamedRun): Promise<RunReport> => {
  const { client, close } = await connectClient(target);
  try {
    return await reportRun(client, await idOnServer(client, named), FAILED_UNITS_SHOWN);
  } finally {
    await close();
  }
};

const SLEEPS = 'Its private server is not running; `fractal-temporal run` goes on with it.';

/** What its server says of a run named by its directory, or why nobody could be asked. */
const askServer = async (
  io: Io,
  options: StatusOptions,
  named: NamedRun,
  runDir: string,
): Promise<RunReport | string> => {
  try {
    const target = await targetOfRun(io, options, runDir);
    return target === null ? SLEEPS : await reportOn(target, named);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return FORGOTTEN;
    // A server that was named has to answer; whether the usual one does is only good to know.
    if (!isUnasked(error) || (isAway(error) && givenTarget(options, io.env) !== null)) throw error;
    return error.message;
  }
};

/** By its directory a run can be looked at without a server. */
const reportNamed = async (io: Io, id: string, options: StatusOptions): Promise<RunReport> => {
  const named = await nameRun(id);
  const { workflowId, runDir } = named;
  if (runDir === null) return reportOn(await requireTarget(io, options), named);
  const answer = await askServer(io, options, named, runDir);
  if (typeof answer !== 'string') return answer;
  const ended = await readEndedRun(runDir);
  const known = workflowId ?? ended?.workflowId ?? null;
  if (known === null) throw new UsageError(`${id} holds no run, and no server works on one there.`);
  const report = await reportFromFiles(known, runDir, FAILED_UNITS_SHOWN);
  if (report.result !== null && answer === SLEEPS) return report;
  return { ...report, note: answer === FORGOTTEN && report.result === null ? `${answer} ${LOST}` : answer };
};

const statusCommand = async (io: Io, id: string | undefined, options: StatusOptions): Promise<void> => {
  if (id !== undefined) {
    const report = await reportNamed(io, id, options);
    if (options.json) print(io, jsonText(report));
    else print(io, formatReport(report, styleOf(io.stdout, io.env)));
    return;
  }
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const runs = await listRuns(client, { states: ['running'] });
    if (options.json) print(io, jsonText(runs));
    else print(io, formatRuns(runs, 'No run is going on.', styleOf(io.stdout, io.env)));
  } finally {
    await close();
  }
};

export const registerStatus = (program: Command, io: Io): void => {
  const command = program
    .command('status')
    .description(
      'tasks, pending batches, failed units and the ends of their logs; without an id: the running ones',
    )
    .argument('[id]', 'workflow id, or the directory of a run')
    .option('--json', 'for programs (schemas/status.schema.json; without an id list.schema.json)');
  addServerOptions(command).action((id: string | undefined, options: StatusOptions) =>
    statusCommand(io, id, options),
  );
};
