/** What the batch script would do and leave behind (docs/batch-script.md), without a shell or a process. */
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Batch } from '../../../src/batch/contract.js';
import type { JsonObject } from '../../../src/wire/request.js';
import type { PlayedEnd } from '../task/ends.js';
import { playOf, runOf, statusOf, writeOutput } from '../task/play.mjs';

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const isExecutable = (word: string): boolean =>
  word.includes('/')
    ? isProgram(word)
    : (process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, word)));

const uptime = (): string => (process.uptime() + 1000).toFixed(2);

/** A line of a units file. */
interface Line {
  index: string;
  stem: string;
  args: string;
  /** The try whose log of this unit is in the way. */
  interruptedIn: string | null;
}

export const linesOf = (batch: Batch): Line[] =>
  readFileSync(batch.paths.units, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [number = '', stem = '', ...args] = line.split('\t');
      const [index = '', interruptedIn = null] = number.split('+');
      return { index, stem, args: args.join('\t'), interruptedIn };
    });

const pathOf = (batch: Batch, { stem }: Line, suffix: string): string =>
  join(batch.taskDir, `${stem}-${suffix}`);

/** false: somebody else has claimed it. */
const claim = (batch: Batch, line: Line): boolean => {
  const log = pathOf(batch, line, 'log.txt');
  if (line.interruptedIn !== null) {
    const kept = pathOf(batch, line, `log.${line.interruptedIn}.txt`);
    if (existsSync(log) && !existsSync(kept)) {
      linkSync(log, kept);
      rmSync(log);
    }
  }
  if (existsSync(log)) return false;
  writeFileSync(log, '', { flag: 'wx' });
  writeFileSync(pathOf(batch, line, 'args.json'), line.args);
  rmSync(pathOf(batch, line, 'metadiff.json'), { force: true, recursive: true });
  return true;
};

const endLine = (batch: Batch, line: Line, status: number | '-', began: string): string => {
  const wrote = existsSync(pathOf(batch, line, 'metadiff.json')) ? '1' : '0';
  return `E ${line.index} ${status} ${began} ${uptime()} ${wrote} .\n`;
};

const playUnit = (batch: Batch, line: Line): string => {
  if (!claim(batch, line)) return '';
  const began = uptime();
  const play = playOf(JSON.parse(line.args) as JsonObject);
  if (play.log !== undefined) appendFileSync(pathOf(batch, line, 'log.txt'), `${play.log}\n`);
  writeOutput(play, pathOf(batch, line, 'metadiff.json'));
  return endLine(batch, line, statusOf(play, runOf(pathOf(batch, line, 'args.json'))), began);
};

const LEFT_STATUS = { SIGKILL: 137, SIGTERM: 143, unknown: '-' } as const;

/** A unit that is in the middle of its work when its batch ends. */
const interruptUnit = (batch: Batch, line: Line, left: PlayedEnd['left']): string => {
  if (!claim(batch, line)) return '';
  const began = uptime();
  writeFileSync(pathOf(batch, line, 'metadiff.json'), '{"image_list_upda');
  return left === 'nothing' ? '' : endLine(batch, line, LEFT_STATUS[left], began);
};

/** What the script says when it gives up; killed, it says nothing. */
const LAST_WORDS: Partial<Record<PlayedEnd['word'], string>> = {
  failed: 'Q 92 .\n',
  drained: 'Q 95 .\n',
  signal: 'Q 94 .\n',
};

/** @param end null: every unit comes to its own end. */
export const playBatch = (batch: Batch, jobId: string, end: PlayedEnd | null): void => {
  const { paths } = batch;
  const journal = `${paths.journalPrefix}${jobId}-0.journal`;
  mkdirSync(dirname(journal), { recursive: true });
  const now = (Date.now() / 1000).toFixed(6);
  writeFileSync(journal, `J 1 ${batch.key} ${jobId} 0 here ${now} ${uptime()} .\n`, { flag: 'wx' });
  const say = (text: string): void => {
    appendFileSync(journal, text);
  };
  if (!isExecutable(batch.command[0] ?? '')) {
    say('X .\nC .\n');
    return;
  }
  const lines = linesOf(batch);
  const ended = lines.slice(0, end?.ended ?? lines.length);
  for (const line of ended) say(playUnit(batch, line));
  const running = end === null ? [] : lines.slice(ended.length, ended.length + end.running);
  for (const line of running) say(interruptUnit(batch, line, end?.left ?? 'nothing'));
  const isWhole = ended.length + running.length === lines.length;
  if (isWhole && (running.length === 0 || end?.left !== 'nothing')) say('C .\n');
  else say(end === null ? '' : (LAST_WORDS[end.word] ?? ''));
};
