/** Batch scripts run by hand, for tests of the script itself. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { readJournals, type JournalReport } from '../../src/batch/read-journals.js';
import { buildBatchScript, type BatchScriptInput } from '../../src/batch/script.js';
import type { Backend } from '../../src/batch/contract.js';
import { BATCH_VARIABLE } from '../../src/executors/local/process/launch.js';
import { batchProcesses, signalProcess } from '../../src/executors/local/process/processes.js';
import { makeBatch, type TestBatch } from '../../src/conformance/batches.js';
import { until } from '../support/until.js';

/** What a unit does until `go` is there. */
export const BUSY = 'while ! [ -e $here/go ]; do sleep 0.02; done';

export const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function never(): never {
  throw new Error('a test of the script submits nothing');
}

const backend: Backend = {
  name: 'by hand',
  lateFilesMs: 0,
  layout: () => ({ unitsPerBatch: 1, lanes: 1, resources: {} }),
  executor: { submit: never, status: never, cancel: never },
};

const folders: string[] = [];
/** In the environment of all processes of a test's scripts, so that a test that fails leaves none behind. */
const marks: string[] = [];

afterEach(async () => {
  for (const mark of marks.splice(0)) {
    await until('no process of the test', async () => {
      const pids = await batchProcesses(mark, '/nonexistent');
      for (const pid of pids) signalProcess(pid, 'SIGKILL');
      return pids.length === 0;
    });
  }
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export interface RunningScript {
  pid: number;
  /** Exit code, or the name of the signal. */
  ended: Promise<number | string>;
  stderr(): string;
}

export interface ScriptTest extends TestBatch {
  /** Starts the script as job `job`; its environment is this process's and `env`. */
  start(job?: string, restart?: number, env?: NodeJS.ProcessEnv): RunningScript;
  run(job?: string, restart?: number, env?: NodeJS.ProcessEnv): Promise<number | string>;
  journals(): Promise<JournalReport>;
  /** The text of the journal of job 1, restart 0. */
  journal(): Promise<string>;
}

export type ScriptOptions = Partial<
  Pick<BatchScriptInput, 'header' | 'control' | 'cores' | 'gpus' | 'warm' | 'preambleFails' | 'loginShell'>
> & {
  lanes?: number;
  command?: string[];
  args?: Record<string, string>;
};

/** A batch of units that do what their text says (see src/conformance/batches.ts), and its script. */
export const scriptOf = async (units: string[], options: ScriptOptions = {}): Promise<ScriptTest> => {
  const {
    header = [],
    control = null,
    cores = null,
    gpus = null,
    warm = null,
    preambleFails = false,
    loginShell = false,
    ...rest
  } = options;
  const folder = await mkdtemp(join(tmpdir(), 'fractal-script-'));
  folders.push(folder);
  const test = await makeBatch({ backend, folder, key: 'key', units, ...rest });
  const text = buildBatchScript({
    ...{ batch: test.batch, header, control, cores, gpus, warm, preambleFails, loginShell },
    ...{ jobIdExpression: '"$JOB"', restartExpression: '"${RESTARTS:-0}"' },
  });
  await writeFile(test.batch.paths.script, text);
  const mark = randomUUID();
  marks.push(mark);
  const start: ScriptTest['start'] = (job = '1', restart = 0, env = {}) => {
    const child = spawn('bash', [test.batch.paths.script], {
      env: { ...process.env, JOB: job, RESTARTS: String(restart), [BATCH_VARIABLE]: mark, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    });
    let stderr = '';
    child.stderr.on('data', (data: Buffer) => {
      stderr += data.toString();
    });
    const ended = new Promise<number | string>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve(code ?? signal ?? -1);
      });
    });
    return { pid: child.pid ?? 0, ended, stderr: () => stderr };
  };
  return {
    ...test,
    start,
    run: (...which) => start(...which).ended,
    journals: () => readJournals(test.batch.paths.journalPrefix),
    journal: () => readFile(`${test.batch.paths.journalPrefix}1-0.journal`, 'utf8'),
  };
};

export const statusesOf = ({ ends }: JournalReport): Record<number, number | null> =>
  Object.fromEntries([...ends.values()].map(({ index, status }) => [index, status]));
