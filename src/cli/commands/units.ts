/** `units`: every unit of a run, with what became of it. */
import { type Command, InvalidArgumentError } from 'commander';
import { formatTable } from '../../report/table.js';
import { unitFilesOf } from '../../report/run-files.js';
import { UNIT_COLUMNS, unitCells, unitRow } from '../../report/unit-rows.js';
import type { RunFiles } from '../../client/index.js';
import { withRunPlace } from '../run-place.js';
import { UsageError } from '../exit-codes.js';
import { type Io, jsonText, print, type ServerOptions, show } from '../io.js';
import { styleOf } from '../style.js';
import { addServerOptions } from '../options.js';

interface UnitsOptions extends ServerOptions {
  failed?: boolean;
  task?: number;
  json?: boolean;
}

const taskOrder = (text: string): number => {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('expected the order of a task, as `status` shows it.');
  return Number(text);
};

const listUnits = async (io: Io, files: RunFiles, options: UnitsOptions): Promise<void> => {
  const all = await unitFilesOf(files);
  if (all.length === 0 && !options.json)
    throw new UsageError(`No unit has begun in ${files.dir}, or it cannot be seen from here.`);
  const orders = [...new Set(all.map(({ order }) => order))];
  if (options.task !== undefined && !orders.includes(options.task) && !options.json)
    throw new UsageError(
      `No task of order ${options.task} has begun in ${files.dir}; there are ${orders.join(', ')}.`,
    );
  const rows = all
    .filter(({ order }) => options.task === undefined || order === options.task)
    .map((unit) => unitRow(unit, unit.oldLogs))
    .filter(({ state }) => options.failed !== true || state === 'failed');
  if (options.json) print(io, jsonText(rows));
  else if (rows.length === 0) show(io, 'No unit has failed.');
  else print(io, formatTable(UNIT_COLUMNS, rows.map(unitCells), styleOf(io.stdout, io.env)));
};

export const registerUnits = (program: Command, io: Io): void => {
  const command = program
    .command('units')
    .description('every unit of a run: state, cause, exit code, tries, job, node, log')
    .argument('<id>', 'workflow id, or the directory of a run')
    .option('--failed', 'only those that failed')
    .option('--task <order>', 'only those of one task, by its order', taskOrder)
    .option('--json', 'for programs (schemas/units.schema.json)');
  addServerOptions(command).action((id: string, options: UnitsOptions) =>
    withRunPlace(io, id, options, ({ files }) => listUnits(io, files, options)),
  );
};
