/** `status`: one run in detail, or all running ones. */
import type { Command } from 'commander';
import { connectClient } from '../../client/index.js';
import { UsageError } from '../exit-codes.js';
import { formatReport } from '../format-report.js';
import { type Io, jsonText, print, type ServerOptions, show } from '../io.js';
import { addServerOptions } from '../options.js';
import { reportFromFiles, reportRun, type RunReport } from '../run-report.js';
import { existingTarget, nameRun, requireTarget } from '../target.js';
import { FAILED_UNITS_SHOWN } from '../tunables.js';
import { formatRuns, listRuns } from '../runs.js';

interface StatusOptions extends ServerOptions {
  json?: boolean;
}

/** By its directory a run can be looked at without a server: what its private one left there. */
const reportNamed = async (io: Io, id: string, options: StatusOptions): Promise<RunReport> => {
  const { workflowId, runDir } = await nameRun(id);
  const target =
    runDir === null ? await requireTarget(io, options) : await existingTarget(io, options, runDir);
  if (target === null) {
    const report = await reportFromFiles(workflowId, runDir, FAILED_UNITS_SHOWN);
    if (report.result === null && report.failed_units.length === 0) {
      throw new UsageError(`${id} holds no ended run, and no server works on one there.`);
    }
    return report;
  }
  const { client, close } = await connectClient(target);
  try {
    return await reportRun(client, workflowId, FAILED_UNITS_SHOWN);
  } finally {
    await close();
  }
};

const statusCommand = async (io: Io, id: string | undefined, options: StatusOptions): Promise<void> => {
  if (id !== undefined) {
    const report = await reportNamed(io, id, options);
    if (options.json) print(io, jsonText(report));
    else show(io, formatReport(report));
    return;
  }
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const runs = await listRuns(client, { running: true });
    if (options.json) print(io, jsonText(runs));
    else show(io, formatRuns(runs, 'No run is going on.'));
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
    .option('--json', 'for programs');
  addServerOptions(command).action((id: string | undefined, options: StatusOptions) =>
    statusCommand(io, id, options),
  );
};
