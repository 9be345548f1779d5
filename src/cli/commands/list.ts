/** `list`: the runs that the server knows. */
import type { Command } from 'commander';
import { connectClient } from '../../client/index.js';
import { type Io, jsonText, print, type ServerOptions, show } from '../io.js';
import { addServerOptions, positiveInteger } from '../options.js';
import { formatRuns, listRuns } from '../../report/runs.js';
import { requireTarget } from '../target.js';
import { LIST_LIMIT } from '../../report/tunables.js';

interface ListOptions extends ServerOptions {
  json?: boolean;
  running?: boolean;
  limit: number;
}

const listCommand = async (io: Io, options: ListOptions): Promise<void> => {
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const runs = await listRuns(client, { limit: options.limit, ...(options.running && { running: true }) });
    if (options.json) print(io, jsonText(runs));
    else show(io, formatRuns(runs, 'No runs yet.'));
  } finally {
    await close();
  }
};

export const registerList = (program: Command, io: Io): void => {
  const command = program
    .command('list')
    .description('the runs that the server knows, newest first')
    .option('--running', 'only those that go on')
    .option('--limit <n>', 'at most so many', positiveInteger, LIST_LIMIT)
    .option('--json', 'for programs');
  addServerOptions(command).action((options: ListOptions) => listCommand(io, options));
};
