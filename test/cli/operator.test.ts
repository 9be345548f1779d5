/** A failing plate from the command line: server and workers are ended while the run is held, and it goes on all the same. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type RunningProgram, type Sandbox } from '../support/cli.js';
import { makeRequest, zarrUrl, type TaskSpec } from '../support/scripted-requests.js';
import { until } from '../support/until.js';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
});
afterEach(() => sandbox.dispose());

const up = async (): Promise<RunningProgram> => {
  const program = sandbox.start(['up']);
  await program.says('Ready.');
  return program;
};

const write = async (name: string, images: string[]): Promise<string> => {
  const dir = join(sandbox.dir, name);
  const task: TaskSpec = {
    type: 'parallel',
    name: 'Segment',
    runs_file: join(sandbox.dir, 'runs'),
    script: {
      [zarrUrl(dir, 'B03')]: { log: 'no nuclei found', fail_while: join(sandbox.dir, 'broken') },
      [zarrUrl(dir, 'B05')]: { exit: 4 },
    },
    output_types: { segmented: true },
  };
  const extra = { recovery: { on_failure: 'wait' } };
  const file = join(sandbox.dir, `${name}.json`);
  await writeFile(file, JSON.stringify(makeRequest({ dir, tasks: [task], images, extra })));
  return file;
};

describe('a held run', () => {
  it('is seen, mended after everything was restarted, and done', async () => {
    await writeFile(join(sandbox.dir, 'broken'), '');
    const file = await write('plate', ['B02', 'B03', 'B04']);
    const first = await up();
    const run = sandbox.start(['run', file]);
    await run.says('The run is held: 1 of 3 units of task 0 Segment failed');
    await run.says('fractal-temporal retry');
    const id =
      (JSON.parse((await sandbox.run(['list', '--json'])).stdout) as { workflow_id: string }[])[0]
        ?.workflow_id ?? '';
    await until('the list says so', async () => / held /.test((await sandbox.run(['list'])).stdout));
    const status = (await sandbox.run(['status', id])).stdout;
    expect(status).toMatch(/State: +\S held/);
    expect(status).toContain('parallel 1');
    const listed = await sandbox.run(['units', id, '--failed', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { unit: '0/par-000000-0000001', index: 1, state: 'failed', cause: 'exit', exit_code: 9, tries: 1 },
    ]);
    expect((await sandbox.run(['logs', id, '0/1'])).stdout).toContain('no nuclei found');
    expect((await sandbox.run(['units', id, '--task', '0'])).stdout.match(/ done /g)).toHaveLength(2);
    const refused = await sandbox.run(['retry', id, '--units', '0-1']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('unit 0 has succeeded');

    run.child.kill('SIGINT');
    await run.ended;
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    await rm(join(sandbox.dir, 'broken'));
    const second = await up();
    const again = sandbox.start(['run', file, '--result', join(sandbox.dir, 'result.json')]);
    await again.says('The run is held');
    const retried = await sandbox.run(['retry', id, '--mem', '8G', '--yes']);
    expect(retried).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('1 unit again with mem 8G') as string,
    });
    expect(await again.ended).toBe(0);
    const result = JSON.parse(await readFile(join(sandbox.dir, 'result.json'), 'utf8')) as RunResult;
    expect(result.status).toBe('done');
    expect(result.images.map(({ types }) => types)).toEqual(Array(3).fill({ segmented: true }));
    expect((await readFile(join(sandbox.dir, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(4);
    expect(JSON.parse((await sandbox.run(['units', id, '--json'])).stdout)).toMatchObject([
      ...[
        { state: 'done', tries: 1 },
        { state: 'done', tries: 2 },
        { state: 'done', tries: 1 },
      ],
    ]);

    const lateRetry = await sandbox.run(['retry', id]);
    expect(lateRetry.code).toBe(2);
    expect(lateRetry.stderr).toContain(`in a new run: \`fractal-temporal continue ${id}\``);
    const late = await sandbox.run(['stop', id]);
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining('the run has ended') as string });
    second.child.kill('SIGINT');
    await second.ended;
  });

  it('is named by its directory, skipped, and ends with the failure; another is stopped', async () => {
    const file = await write('plate', ['B02', 'B05']);
    const program = await up();
    const run = sandbox.start(['run', file]);
    await run.says('The run is held');
    const dir = join(sandbox.dir, 'plate', 'run');
    const skipped = await sandbox.run(['skip', dir]);
    expect(skipped.stderr).toContain('1 unit given up; none is left open, the run goes on');
    expect(await run.ended).toBe(3);
    expect(JSON.parse(run.stdout())).toMatchObject({
      status: 'failed',
      error: { details: { exit_code: 4 } },
    });

    const other = sandbox.start(['run', await write('other', ['B05'])]);
    await other.says('The run is held');
    expect((await sandbox.run(['pause', join(sandbox.dir, 'other', 'run'), '--now'])).stderr).toContain(
      'the run is held',
    );
    expect((await sandbox.run(['stop', join(sandbox.dir, 'other', 'run')])).code).toBe(0);
    expect(await other.ended).toBe(3);
    program.child.kill('SIGINT');
    await program.ended;
  });
});
