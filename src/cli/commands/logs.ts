/** `logs`: the units of a run with their logs, or one unit's log. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { withRunPlace } from '../run-place.js';
import type { RunFiles } from '../../client/index.js';
import { UsageError } from '../exit-codes.js';
import type { UnitRecord } from '../../wire/result.js';
import { type Io, jsonText, print, type ServerOptions, tell } from '../io.js';
import { addServerOptions, positiveInteger } from '../options.js';
import { readableLines } from '../../report/readable-lines.js';
import { plainText } from '../../state/plain-text.js';
import { ellipsis, paint, type Style } from '../../report/style.js';
import { type UnitFiles, unitFilesIn, unitFilesOf } from '../../report/run-files.js';
import { styleOf } from '../style.js';

interface LogsOptions extends ServerOptions {
  tail?: number;
  failed?: boolean;
  json?: boolean;
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

/** What `logs --json` gives of each unit (schemas/logs.schema.json). */
export interface ListedUnit {
  label: string;
  order: number;
  status: 'running' | UnitRecord['status'];
  cause: UnitRecord['cause'];
  exit_code: number | null;
  log_file: string;
}

const listed = ({ label, order, logFile, record }: UnitFiles): ListedUnit => ({
  ...{ label, order, status: record?.status ?? 'running', cause: record?.cause ?? null },
  ...{ exit_code: record?.exit_code ?? null, log_file: logFile },
});

/** The names of units' files have one length but for the task's order; a state is a word or two. */
const LABEL_CHARACTERS = 26;
const STATE_CHARACTERS = 22;

/** One line, without a look at the others: there may be 100,000 of them, and the first are shown while they are read. */
const unitLine = (unit: ListedUnit, runDir: string, style: Style): string => {
  const { label, status, cause, log_file: file } = unit;
  const state = cause === null ? status : `${status} (${cause})`;
  const tone = status === 'failed' ? 'bad' : status === 'done' ? 'good' : 'busy';
  const before = `${label.padEnd(LABEL_CHARACTERS)}  `;
  const room = style.width - before.length - STATE_CHARACTERS - 2;
  // In a terminal the folder has been said; elsewhere a line has to say everything.
  const path = style.width === Infinity ? file : file.replace(`${runDir}/`, '');
  const cut = path.length <= room ? path : `${path.slice(0, Math.max(0, room - 2))}${ellipsis(style)}`;
  const end = room < 12 ? '' : `${' '.repeat(Math.max(0, STATE_CHARACTERS - state.length))}  ${cut}`;
  return plainText(before) + paint(style, tone, plainText(state)) + plainText(end);
};

/** Lines are handed on in pieces, and no faster than they are taken. */
const LINES_AT_ONCE = 500;

const listUnits = async (io: Io, run: RunFiles, options: LogsOptions): Promise<void> => {
  const { dir: runDir } = run;
  const style = styleOf(io.stdout, io.env);
  let [all, shown] = [0, 0];
  async function* text(): AsyncGenerator<string> {
    let lines: string[] = [];
    for await (const files of unitFilesIn(run)) {
      all += 1;
      if (options.failed === true && files.record?.status !== 'failed') continue;
      const unit = listed(files);
      if (options.json === true) lines.push((shown === 0 ? '[\n' : ',\n') + jsonText(unit));
      else {
        if (shown === 0 && style.width !== Infinity)
          lines.push(`Logs of the units in ${plainText(runDir)}:\n`);
        lines.push(`${unitLine(unit, runDir, style)}\n`);
      }
      shown += 1;
      if (lines.length < LINES_AT_ONCE) continue;
      yield lines.join('');
      lines = [];
    }
    if (options.json === true) lines.push(shown === 0 ? '[]\n' : '\n]\n');
    yield lines.join('');
  }
  await pipeline(text, io.stdout, { end: false });
  if (all === 0 && options.json !== true)
    throw new UsageError(`No unit has begun in ${runDir}, or it cannot be seen from here.`);
  if (shown === 0 && options.json !== true) tell(io, 'No unit has failed.');
};

const notReadable = (logFile: string): UsageError =>
  new UsageError(`The log ${logFile} is not there, or cannot be read from here.`);

/** As it is read from afar: what is written meanwhile comes along. */
async function* piecesOf(run: RunFiles, path: string): AsyncGenerator<Buffer> {
  for (let at = 0; ;) {
    const piece = await run.piece(path, at);
    if (piece === null && at === 0) throw notReadable(path);
    if (piece === null || piece.length === 0) return;
    yield piece;
    at += piece.length;
  }
}

const openLog = async (run: RunFiles, logFile: string): Promise<Readable> => {
  if (!run.here) return Readable.from(piecesOf(run, logFile), { objectMode: false });
  const about = await stat(logFile).catch(() => null);
  if (about?.isFile() !== true) throw notReadable(logFile);
  return createReadStream(logFile);
};

const printLog = async (
  io: Io,
  run: RunFiles,
  { logFile }: UnitFiles,
  tail: number | undefined,
): Promise<void> => {
  if (tail !== undefined) {
    const text = await run.tail(logFile, tail);
    if (text === null) throw notReadable(logFile);
    print(io, text);
    return;
  }
  const log = await openLog(run, logFile);
  // To a file or a pipe it goes as it is; a terminal is not given what only looks like text.
  if (io.stdout.isTTY) await pipeline(log, readableLines, io.stdout, { end: false });
  else await pipeline(log, io.stdout, { end: false });
};

const logsCommand = async (
  io: Io,
  id: string,
  unit: string | undefined,
  options: LogsOptions,
  run: RunFiles,
): Promise<void> => {
  if (unit === undefined) {
    await listUnits(io, run, options);
    return;
  }
  const all = await unitFilesOf(run);
  const found = findUnit(all, unit);
  if (found === null) {
    throw new UsageError(
      `There is no unit ${unit} in ${run.dir}; \`fractal-temporal logs ${id}\` lists them.`,
    );
  }
  await printLog(io, run, found, options.tail);
};

export const registerLogs = (program: Command, io: Io): void => {
  const command = program
    .command('logs')
    .description('the units of a run and their log files; with a unit: its log')
    .argument('<id>', 'workflow id, or the directory of a run')
    .argument('[unit]', 'as listed, or ORDER/INDEX, or ORDER where a task has one unit')
    .option('--tail <n>', 'only the last lines', positiveInteger)
    .option('--failed', 'list failed units only')
    .option('--json', 'the list for programs (schemas/logs.schema.json)');
  addServerOptions(command).action((id: string, unit: string | undefined, options: LogsOptions) =>
    withRunPlace(io, id, options, ({ files }) => logsCommand(io, id, unit, options, files)),
  );
};
