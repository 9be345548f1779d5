/** Files of a run in whose place somebody has put a pipe: nobody waits for its writer. */
import { execFileSync } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { makeRequest } from '../support/scripted-requests.js';

let sandbox: Sandbox;
let runDir: string;
let file: string;
beforeAll(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
  const task = { type: 'parallel', name: 'Only', script: { '*': { log: 'no cells', exit: 3 } } } as const;
  const request = makeRequest({ dir: sandbox.dir, tasks: [task], images: ['a'] });
  runDir = request.workflow_dir_local;
  file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(request));
  expect((await sandbox.run(['run', file])).code).toBe(3);
});
afterAll(() => sandbox.dispose());

/** Runs a command while pipes stand in the places of files of the run. */
const withPipes = async (paths: string[], args: string[]) => {
  const pipes = paths.map((path) => join(runDir, path));
  for (const pipe of pipes) {
    await rename(pipe, `${pipe}.kept`);
    execFileSync('mkfifo', [pipe]);
  }
  try {
    const { code, stdout, stderr } = await sandbox.run(args);
    return { code, text: stdout + stderr };
  } finally {
    for (const pipe of pipes) {
      await rm(pipe);
      await rename(`${pipe}.kept`, pipe);
    }
  }
};

const LOG = '0_only/par-000000-0000000-log.txt';

describe('a pipe in the place of', () => {
  it('all that status reads but the result: it tells what the result has', async () => {
    const paths = ['.runner/run.json', '0_only/units.jsonl', LOG];
    const { code, text } = await withPipes(paths, ['status', runDir]);
    expect(code).toBe(0);
    expect(text).toMatch(/Error: +TaskExecutionError/);
  });

  it('the result: status says that it cannot be read', async () => {
    const { code, text } = await withPipes(['result.json'], ['status', runDir]);
    expect(code).toBe(1);
    expect(text).toMatch(/result\.json.*cannot be read here/);
  });

  it('a log: logs says that it is none, as of one that is gone', async () => {
    const log = join(runDir, LOG);
    const said = `The log ${log} is not there, or cannot be read from here.\n`;
    expect(await withPipes([LOG], ['logs', runDir, '0/0'])).toEqual({ code: 2, text: said });
    await rename(log, `${log}.gone`);
    expect(await sandbox.run(['logs', runDir, '0/0'])).toEqual({ code: 2, stdout: '', stderr: said });
    await rename(`${log}.gone`, log);
  });

  it('the request of a run that sleeps: cancel names it, and says what helps', async () => {
    const { code, text } = await withPipes(['.runner/request.json'], ['cancel', runDir]);
    expect(code).toBe(1);
    expect(text).toMatch(/\.runner\/request\.json cannot be read: .*fractal-temporal run REQUEST\.json/);
  });
});
