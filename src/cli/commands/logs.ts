/** `logs`: the units of a run with their logs, or one unit's log. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { fileTail } from '../../state/file-tail.js';
import { directoryOf } from '../directory-of.js';
import { UsageError } from '../exit-codes.js';
import { formatTable } from '../../report/format-report.js';
import { type Io, print, type ServerOptions, show } from '../io.js';
import { addServerOptions, positiveInteger } from '../options.js';
import { readableLines } from '../../report/readable-lines.js';
import { type UnitFiles, unitFilesOf } from '../../report/run-files.js';

interface LogsOptions extends ServerOptions {
  tail?: number;
  failed?: boolean;
}

/** `ORDER/NAME` as listed; `ORDER/INDEX` for a unit of a parallel part; `ORDER` where a task has one unit. */
export const findUnit = (units: readonly UnitFiles[], name: string): UnitFiles | null => {
  const exact = units.find(({ label }) => label === name);
  if (exact !== undefined) return exact;
  const [order, index] = name.split('/');
  const ofTask = units.filter((unit) => String(unit.order) === order);
  if (index === undefined) return ofTask.length === 1 ? (ofTask[0] ?? null) : null;
  const padded = `-${index.padStart(7, '0')}`;
  const found = ofTask.filter(({ label }) => /\/par-\d+-\d+$/.test(label) && label.endsWith(padded));
  return found.length === 1 ? (found[0] ?? null) : null;
};

const status = ({ record }: UnitFiles): string =>
  record === null ? 'running' : record.cause === null ? record.status : `${record.status} (${record.cause})`;

const notReadable = (logFile: string): UsageError =>
  new UsageError(`The log ${logFile} is not there, or cannot be read from here.`);

const printLog = async (io: Io, { logFile }: UnitFiles, tail: number | undefined): Promise<void> => {
  if (tail !== undefined) {
    const text = await fileTail(logFile, tail);
    if (text === null) throw notReadable(logFile);
    print(io, text);
    return;
  }
  const about = await stat(logFile).catch(() => null);
  if (about?.isFile() !== true) throw notReadable(logFile);
  const log = createReadStream(logFile);
  // To a file or a pipe it goes as it is; a terminal is not given what only looks like text.
  if (io.stdout.isTTY) await pipeline(log, readableLines, io.stdout, { end: false });
  else await pipeline(log, io.stdout, { end: false });
};

const logsCommand = async (
  io: Io,
  id: string,
  unit: string | undefined,
  options: LogsOptions,
): Promise<void> => {
  const runDir = await directoryOf(io, id, options);
  const all = await unitFilesOf(runDir);
  const units = options.failed ? all.filter(({ record }) => record?.status === 'failed') : all;
  if (unit === undefined) {
    if (all.length === 0)
      throw new UsageError(`No unit has begun in ${runDir}, or it cannot be seen from here.`);
    const rows = units.map((files) => [files.label, status(files), files.logFile]);
    show(io, formatTable(['unit', 'status', 'log'], rows));
    return;
  }
  const found = findUnit(all, unit);
  if (found === null) {
    throw new UsageError(
      `There is no unit ${unit} in ${runDir}; \`fractal-temporal logs ${id}\` lists them.`,
    );
  }
  await printLog(io, found, options.tail);
};

export const registerLogs = (program: Command, io: Io): void => {
  const command = program
    .command('logs')
    .description('the units of a run and their log files; with a unit: its log')
    .argument('<id>', 'workflow id, or the directory of a run')
    .argument('[unit]', 'as listed, or ORDER/INDEX, or ORDER where a task has one unit')
    .option('--tail <n>', 'only the last lines', positiveInteger)
    .option('--failed', 'list failed units only');
  addServerOptions(command).action((id: string, unit: string | undefined, options: LogsOptions) =>
    logsCommand(io, id, unit, options),
  );
};
