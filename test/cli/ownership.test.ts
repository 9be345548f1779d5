import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { createSandbox, type RunningProgram, type Sandbox } from '../support/cli.js';
import { makeRequest, type TaskSpec } from '../support/scripted-requests.js';
import { until, untilFile } from '../support/until.js';

let sandbox: Sandbox;
let runDir: string;
let runs: string;
let gate: string;
beforeEach(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
  runDir = join(sandbox.dir, 'run');
  runs = join(sandbox.dir, 'runs');
  gate = join(sandbox.dir, 'gate');
});
afterEach(() => sandbox.dispose());

const request = async (script: TaskSpec['script'] = { '*': { wait_for: gate } }): Promise<string> => {
  const tasks: TaskSpec[] = [{ type: 'parallel', name: 'Only', script: script ?? {}, runs_file: runs }];
  const file = join(sandbox.dir, 'request.json');
  await writeFile(file, JSON.stringify(makeRequest({ dir: sandbox.dir, tasks, images: ['plate/a'] })));
  return file;
};

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const database = (): string => join(runDir, '.runner', 'temporal.db');
const home = (): string => join(sandbox.dir, 'home');

const up = async (env: NodeJS.ProcessEnv = {}): Promise<RunningProgram> => {
  const program = sandbox.start(['up', '--max-units', '2'], { env });
  await program.says('Ready.');
  return program;
};

const end = async (program: RunningProgram): Promise<void> => {
  program.child.kill('SIGINT');
  await program.ended;
};

const startAndStop = async (file: string): Promise<RunningProgram> => {
  const program = await up();
  expect((await sandbox.run(['start', file])).code).toBe(0);
  await untilFile(runs);
  return program;
};

describe('a run that the server of `up` holds', () => {
  it('is not begun on a private server while `up` is down, and goes on when `up` is there again', async () => {
    const file = await request();
    const first = await up();
    expect((await sandbox.run(['start', file])).code).toBe(0);
    await untilFile(runs);
    await end(first);

    for (const command of [
      ['run', file],
      ['cancel', runDir],
    ]) {
      const { code, stdout, stderr } = await sandbox.run(command);
      expect({ command, code, stdout }).toEqual({ command, code: 6, stdout: '' });
      expect(stderr).toContain(`belongs to the server of \`up\` (home ${home()} on host`);
      expect(stderr).toContain('fractal-temporal up');
    }
    expect(await isThere(database())).toBe(false);
    const asleep = await sandbox.run(['status', runDir]);
    expect(asleep.code).toBe(0);
    expect(asleep.stdout).toContain(`belongs to the server of \`up\` (home ${home()}`);

    // What such a mistake left in a run's directory is no ownership.
    await writeFile(database(), '');
    const second = await up();
    const run = sandbox.start(['run', file]);
    await run.says('Joined run');
    const cancel = await sandbox.run(['cancel', runDir, '--wait']);
    expect(cancel).toMatchObject({ code: 0 });
    expect(cancel.stderr).toContain('is cancelled');
    expect(await run.ended).toBe(5);
    await end(second);
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(1);

    // Ended: its directory has the result, whatever server is there.
    const ended = await sandbox.run(['run', file]);
    expect(ended.code).toBe(5);
    expect(JSON.parse(ended.stdout)).toMatchObject({ status: 'cancelled' });
    expect((await sandbox.run(['cancel', runDir])).stderr).toContain('has ended already: cancelled');
  });

  it('is found at the home that it names, and refused by a server that does not hold it', async () => {
    const file = await request();
    const first = await up();
    expect((await sandbox.run(['start', file])).code).toBe(0);
    await untilFile(runs);

    const env = { FRACTAL_TEMPORAL_HOME: join(sandbox.dir, 'another') };
    const status = await sandbox.run(['status', runDir, '--json'], { env });
    expect(JSON.parse(status.stdout)).toMatchObject({ state: 'running', note: null });

    const address = inject('temporal').address;
    for (const command of [
      ['run', file, '--address', address],
      ['cancel', runDir, '--address', address],
    ]) {
      const { code, stderr } = await sandbox.run(command);
      expect({ command, code }).toEqual({ command, code: 2 });
      expect(stderr).toContain('does not hold it');
    }
    await writeFile(gate, '');
    expect((await sandbox.run(['run', file])).code).toBe(0);
    await end(first);
  });

  it('says so when the database of that server is another one now', async () => {
    const file = await request();
    await end(await startAndStop(file));
    for (const suffix of ['', '-wal', '-shm'])
      await rm(join(home(), `temporal.db${suffix}`), { force: true });
    const second = await up();
    const { code, stderr } = await sandbox.run(['run', file]);
    expect(code).toBe(6);
    expect(stderr).toContain('its database is another one');
    await writeFile(gate, '');
    await end(second);
  });
});

describe('a run that a private server holds', () => {
  it('goes on with it, also when an `up` is there by then', async () => {
    const file = await request();
    const first = sandbox.start(['run', file]);
    await untilFile(runs);
    await end(first);
    const server = await up({ FRACTAL_TEMPORAL_LOCAL: join(sandbox.dir, 'host-of-up') });
    expect((await sandbox.run(['start', file])).stderr).toContain('the private server of its own');
    const second = sandbox.start(['run', file]);
    await second.says('Joined run');
    await writeFile(gate, '');
    expect(await second.ended).toBe(0);
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(1);
    await end(server);
  });

  it('whose database was removed is not begun again in a new one', async () => {
    const file = await request();
    const first = sandbox.start(['run', file]);
    await untilFile(runs);
    await end(first);
    await rm(database());
    const { code, stderr } = await sandbox.run(['run', file]);
    expect(code).toBe(6);
    expect(stderr).toContain(`its database ${database()} was removed`);
    expect(await isThere(database())).toBe(false);
    await writeFile(gate, '');
  });
});

describe('a request that was refused', () => {
  it('starts anew when the cause is mended: the same request, and another one', async () => {
    const imagesFile = join(sandbox.dir, 'images.json');
    const tasks: TaskSpec[] = [{ type: 'parallel', name: 'Only', script: { '*': {} }, runs_file: runs }];
    const value = makeRequest({ dir: sandbox.dir, tasks });
    const dataset = { id: 7, zarr_dir: value.dataset.zarr_dir, images_file: imagesFile };
    const file = join(sandbox.dir, 'request.json');
    await writeFile(file, JSON.stringify({ ...value, dataset }));
    const server = await up();
    const refused = await sandbox.run(['run', file]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('/dataset/images_file');

    await writeFile(imagesFile, JSON.stringify([{ zarr_url: join(value.dataset.zarr_dir, 'a') }]));
    const mended = await sandbox.run(['run', file]);
    expect(mended.stderr).toContain('Started run');
    expect(mended.code).toBe(0);
    const again = await sandbox.run(['run', file]);
    expect(again.stderr).toContain('Joined run');
    expect(again.code).toBe(0);
    expect((await readFile(runs, 'utf8')).trim().split('\n')).toHaveLength(1);
    await end(server);
  });
});

describe('a run that nobody serves', () => {
  it('start warns, status says it, and so does the Web UI', async () => {
    const value = makeRequest({
      dir: sandbox.dir,
      tasks: [{ type: 'parallel' }],
      extra: { backend: 'slrum' },
    });
    const file = join(sandbox.dir, 'request.json');
    await writeFile(file, JSON.stringify(value));
    const server = await up();
    const started = await sandbox.run(['start', file]);
    expect(started.code).toBe(0);
    expect(started.stderr).toContain('No worker polls the activity queue fractal-slrum of this run');
    expect(started.stderr).toContain('Workers poll fractal-local');
    expect(started.stderr).toContain('"slrum" is no backend of this program (local, slurm)');
    const id = started.stdout.trim();
    const status = await sandbox.run(['status', id]);
    expect(status.stdout).toContain('No worker polls the activity queue fractal-slrum');
    expect(status.stdout).toContain('Workers poll fractal-local');
    const report = JSON.parse((await sandbox.run(['status', id, '--json'])).stdout) as {
      no_worker: string[];
    };
    expect(report.no_worker).toHaveLength(1);

    // It never was opened, so the mended request may have its place.
    expect((await sandbox.run(['cancel', id])).code).toBe(0);
    await until('it has ended', async () => (await sandbox.run(['status', id])).stdout.includes('cancelled'));
    await writeFile(file, JSON.stringify({ ...value, backend: 'local' }));
    expect((await sandbox.run(['start', file])).stderr).toContain('Started');
    await end(server);
  });
});
