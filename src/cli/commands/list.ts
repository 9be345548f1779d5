/** `list`: the runs that the server knows. */
import { type Command, InvalidArgumentError } from 'commander';
import { connectClient } from '../../client/index.js';
import { formatRuns, listRuns, type ListState, listStates } from '../../report/runs.js';
import { sinceTime } from '../../report/times.js';
import { LIST_LIMIT } from '../../report/tunables.js';
import { type Io, jsonText, print, type ServerOptions } from '../io.js';
import { addServerOptions, positiveInteger } from '../options.js';
import { styleOf } from '../style.js';
import { requireTarget } from '../target.js';

interface ListOptions extends ServerOptions {
  json?: boolean;
  running?: boolean;
  status?: ListState[];
  since?: Date;
  limit: number;
}

const isState = (text: string): text is ListState => Object.hasOwn(listStates, text);

const statesOf = (text: string, before: ListState[] = []): ListState[] => {
  const states = text.split(',').map((word) => word.trim());
  if (!states.every(isState))
    throw new InvalidArgumentError(`expected ${Object.keys(listStates).join(', ')}; several with commas.`);
  return [...before, ...states];
};

const since = (text: string): Date => {
  const time = sinceTime(text, Date.now());
  if (time === null)
    throw new InvalidArgumentError('expected a time such as 2d, 3h, 30m, 2026-11-26 or 2026-11-26T08:00.');
  return time;
};

const listCommand = async (io: Io, options: ListOptions): Promise<void> => {
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const { status = [] } = options;
    const states: ListState[] = options.running === true ? [...status, 'running'] : status;
    const runs = await listRuns(client, { states, since: options.since, limit: options.limit });
    const none = states.length > 0 || options.since !== undefined ? 'No such run.' : 'No runs yet.';
    print(io, options.json ? jsonText(runs) : formatRuns(runs, none, styleOf(io.stdout, io.env)));
  } finally {
    await close();
  }
};

export const registerList = (program: Command, io: Io): void => {
  const command = program
    .command('list')
    .description('the runs that the server knows, newest first')
    .option('--running', 'only those that go on: --status running')
    .option('--status <states>', `only these: ${Object.keys(listStates).join(', ')}`, statesOf)
    .option('--since <time>', 'only those started since: 2d, 3h, 30m before now, or a date', since)
    .option('--limit <n>', 'at most so many', positiveInteger, LIST_LIMIT)
    .option('--json', 'for programs (schemas/list.schema.json)');
  addServerOptions(command).action((options: ListOptions) => listCommand(io, options));
};
