/**
 * A backend that plays units in this process: no shell, no process, so that hundreds of whole runs take seconds.
 * It leaves what the batch script leaves (docs/batch-script.md), so that all above the executor is the real thing.
 * A task whose meta says `real` goes to the real local executor.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
  readFileSync,
} from 'node:fs';
import { appendFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Backend, Batch, BatchNames, BatchStatus, Executor, Handle } from '../../src/batch/contract.js';
import type { JsonObject } from '../../src/wire/request.js';
import { playOf, statusOf, writeOutput } from './task/play.mjs';

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

const playUnit = (batch: Batch, index: string, stem: string, args: string): string | null => {
  const path = (suffix: string): string => join(batch.taskDir, `${stem}-${suffix}`);
  if (existsSync(path('log.txt'))) return null;
  writeFileSync(path('log.txt'), '', { flag: 'wx' });
  writeFileSync(path('args.json'), args);
  const out = path('metadiff.json');
  rmSync(out, { force: true });
  const began = uptime();
  const play = playOf(JSON.parse(args) as JsonObject);
  if (play.log !== undefined) appendFileSync(path('log.txt'), `${play.log}\n`);
  writeOutput(play, out);
  return `E ${index} ${statusOf(play)} ${began} ${uptime()} ${existsSync(out) ? '1' : '0'} .\n`;
};

/** What the script would do, from the units file to the closing line of its journal. */
const playBatch = (batch: Batch, jobId: string): void => {
  const { paths } = batch;
  const journal = `${paths.journalPrefix}${jobId}-0.journal`;
  mkdirSync(dirname(journal), { recursive: true });
  const now = (Date.now() / 1000).toFixed(6);
  writeFileSync(journal, `J 1 ${batch.key} ${jobId} 0 here ${now} ${uptime()} .\n`, { flag: 'wx' });
  if (!isExecutable(batch.command[0] ?? '')) {
    appendFileSync(journal, 'X .\nC .\n');
    return;
  }
  const lines = readFileSync(paths.units, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) {
    const [index = '', stem = '', ...args] = line.split('\t');
    const end = playUnit(batch, index, stem, args.join('\t'));
    if (end !== null) appendFileSync(journal, end);
  }
  appendFileSync(journal, 'C .\n');
};

const ownerOf = (batch: Batch): string | null =>
  existsSync(batch.paths.owner) ? readFileSync(batch.paths.owner, 'utf8').trim() : null;

const ended: BatchStatus = {
  ...{ state: 'ended', cause: 'completed', message: 'every unit has ended', node: null },
  ...{ schedulerState: null, usage: null },
};

const createScriptedExecutor = (): Executor => {
  let jobs = 0;
  return {
    submit: (batch): Promise<Handle> => {
      const known = ownerOf(batch);
      if (known !== null) return Promise.resolve({ jobId: known, facts: {} });
      jobs += 1;
      const jobId = `${process.pid}.${jobs}`;
      mkdirSync(dirname(batch.paths.owner), { recursive: true });
      writeFileSync(batch.paths.owner, `${jobId}\n`, { flag: 'wx' });
      playBatch(batch, jobId);
      return Promise.resolve({ jobId, facts: {} });
    },
    // A batch is played to its end before submit answers.
    status: () => Promise.resolve(ended),
    cancel: () => Promise.resolve({ jobIds: [], uncertain: null }),
  };
};

/** @param real the local backend, for tasks whose meta says `real`; its name is taken over. */
export const createScriptedBackend = (real: Backend): Backend => {
  const scripted = createScriptedExecutor();
  const realKeys = new Set<string>();
  const executorOf = ({ key }: BatchNames): Executor => (realKeys.has(key) ? real.executor : scripted);
  return {
    ...real,
    layout: (input) => {
      const { units_per_batch: perBatch, real: isReal } = input.meta;
      const { unitsPerBatch, lanes } = real.layout(input);
      return {
        unitsPerBatch: typeof perBatch === 'number' ? perBatch : unitsPerBatch,
        lanes,
        resources: { real: isReal === true },
      };
    },
    executor: {
      submit: (batch, context) => {
        if (batch.resources.real === true) realKeys.add(batch.key);
        return executorOf(batch).submit(batch, context);
      },
      status: (batch, handle) => executorOf(batch).status(batch, handle),
      cancel: (batch, handle, context) => executorOf(batch).cancel(batch, handle, context),
    },
  };
};
