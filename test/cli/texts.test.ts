/** What each command shows in terminals of 50, 80 and 120 columns (test/support/texts.ts). */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, type ExpectStatic, inject, it } from 'vitest';
import { type ConnectedClient, connectClient, getRun, type LiveProgress } from '../../src/client/index.js';
import { findUpServer } from '../../src/server/up-server.js';
import { readIdentity } from '../../src/state/identity.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { onScreen } from '../support/screen.js';
import { makeRequest, scriptedTask, zarrUrl, type UnitScript } from '../support/scripted-requests.js';
import { expectText, program, WIDTHS } from '../support/texts.js';
import { until } from '../support/until.js';

let sandbox: Sandbox;
/** Of a length that is the same wherever the test runs, since texts are fitted around it. */
let dir: string;
let env: NodeJS.ProcessEnv;
let server: ConnectedClient;

const shows = (expect: ExpectStatic, name: string, columns: number, args: string[]): Promise<string> =>
  expectText(expect, name, args, {
    ...{ columns, cwd: dir, env },
    places: [[dir, '/tmp/ft-texts-XXXXXX']],
    // A script goes on for hundreds of lines.
    ...(args.includes('--script') && { most: 24 }),
  });

const write = async (name: string, b05: UnitScript, extra: object = {}): Promise<string> => {
  const request = makeRequest({
    dir,
    tasks: [
      { type: 'parallel', name: 'Convert Cellvoyager to OME-Zarr', output_types: { is_3D: true } },
      {
        type: 'parallel',
        name: 'Illumination Correction',
        script: { [zarrUrl(dir, 'B05')]: b05 },
        meta: { cpus_per_task: 1 },
      },
      { type: 'parallel', name: 'Cell Segmentation', input_types: { is_3D: true } },
    ],
    images: ['B03', 'B04', 'B05'],
    extra: { workflow_dir_local: join(dir, name), ...extra },
  });
  const file = join(dir, `${name}.json`);
  await writeFile(file, JSON.stringify(request).replaceAll(scriptedTask, join(dir, 'task.mjs')));
  return file;
};

const bad: UnitScript = { log: 'reading 3 channels\nValueError: no channel DAPI', exit: 3 };
const waiting = { recovery: { on_failure: 'wait' } };

/** Asked without a process for each look. */
const untilRun = (name: string, what: string, holds: (live: LiveProgress) => boolean): Promise<void> =>
  until(`${name} is ${what}`, async () => {
    const id = (await readIdentity(join(dir, name)))?.workflow_id;
    return typeof id === 'string' && holds(await getRun(server.client, id).progress());
  });
const untilHeld = (name: string): Promise<void> =>
  untilRun(name, 'held', ({ progress }) => progress?.status === 'held');

beforeAll(async () => {
  sandbox = await createSandbox(inject('temporal').binary);
  dir = await mkdtemp('/tmp/ft-texts-');
  await writeFile(join(dir, 'task.mjs'), await readFile(scriptedTask));
  env = { ...sandbox.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', TERM: 'xterm-256color', CI: '' };
  // One unit after the other: what happens has one order.
  await sandbox.start(['up', '--max-units', '1']).says('Ready.');
  const up = await findUpServer(join(sandbox.dir, 'home'));
  if (up === null) throw new Error('no server of `up`');
  server = await connectClient({ connection: { address: up.address }, namespace: up.namespace });
  await sandbox.run(['run', await write('done', {})]);
  await sandbox.run(['run', await write('failed', bad)]);
  await sandbox.run(['start', await write('held', bad, waiting)]);
  await untilHeld('held');
});
afterAll(async () => {
  await server.close();
  await sandbox.dispose();
  await rm(dir, { recursive: true, force: true });
});

describe.each(WIDTHS)('runs that are there, at %d columns', (columns) => {
  it.concurrent.for<[string, string[]]>([
    ['list', ['list', '--status', 'done,failed']],
    ['list-failed', ['list', '--status', 'failed']],
    ['status-done', ['status', './done']],
    ['status-failed', ['status', 'failed']],
    ['status-held', ['status', 'held']],
    ['units', ['units', 'failed']],
    ['units-failed', ['units', 'failed', '--failed']],
    ['logs', ['logs', 'failed']],
    ['logs-unit', ['logs', 'failed', '1/2']],
    ['events', ['events', 'failed']],
    ['check', ['check', 'failed.json', '--max-units', '2']],
    ['check-script', ['run', 'failed.json', '--dry-run', '--script', '--max-units', '2']],
    ['export', ['export', 'done']],
    ['run-ended', ['run', 'failed.json']],
    ['start-ended', ['start', 'done.json']],
    ['cancel-ended', ['cancel', 'done']],
    ['pause-ended', ['pause', 'done']],
  ])('%s', async ([name, args], { expect }) => {
    await shows(expect, name, columns, args);
  });
});

describe.each(WIDTHS)('a run and its operator, at %d columns', (columns) => {
  const number = String(columns).padStart(3, '0');

  it('held: retried, given up', async ({ expect }) => {
    const name = `hold-${number}`;
    await write(name, bad, waiting);
    await shows(expect, 'start', columns, ['start', `${name}.json`]);
    await untilHeld(name);
    await shows(expect, 'pause-refused', columns, ['pause', name]);
    await shows(expect, 'retry-refused', columns, ['retry', name, '--units', '0', '--yes']);
    await shows(expect, 'retry', columns, ['retry', name, '--yes']);
    await untilHeld(name);
    await shows(expect, 'skip', columns, ['skip', name, '--units', '2']);
    await shows(expect, 'run-skipped', columns, ['run', `${name}.json`]);
  });

  it('running: paused, resumed, cancelled', async ({ expect }) => {
    const name = `wait-${number}`;
    await sandbox.run(['start', await write(name, { wait_for: join(dir, 'never') })]);
    await untilRun(name, 'running', ({ progress, pending }) =>
      pending.some(
        ({ batch }) =>
          batch?.state === 'running' && progress?.tasks[1]?.status === 'running' && batch.done === 2,
      ),
    );
    await shows(expect, 'pause', columns, ['pause', name]);
    await shows(expect, 'status-pausing', columns, ['status', name]);
    await shows(expect, 'resume', columns, ['resume', name]);
    await shows(expect, 'cancel', columns, ['cancel', name]);
    await untilRun(name, 'cancelled', ({ state }) => state === 'CANCELLED');
    await shows(expect, 'status-cancelled', columns, ['status', name]);
  });

  it('held: stopped', async ({ expect }) => {
    const name = `stop-${number}`;
    await sandbox.run(['start', await write(name, bad, waiting)]);
    await untilHeld(name);
    await shows(expect, 'stop', columns, ['stop', name]);
  });

  it('run: its summary, and why it failed; once more what is not done', async ({ expect }) => {
    const name = `fail-${number}`;
    await shows(expect, 'run-failed', columns, ['run', await write(name, bad)]);
    await shows(expect, 'run-again', columns, ['run', `${name}.json`, '--again']);
    await shows(expect, 'continue', columns, ['continue', name]);
    await shows(expect, 'run-done', columns, ['run', await write(`good-${number}`, {})]);
  });
});

describe('colours and symbols', () => {
  const green = '\u001b[32m';
  it.concurrent.for<[string, object, { colored: boolean; unicode: boolean }]>([
    ['a terminal', {}, { colored: true, unicode: true }],
    ['NO_COLOR', { NO_COLOR: '1' }, { colored: false, unicode: true }],
    ['FORCE_COLOR over it', { NO_COLOR: '1', FORCE_COLOR: '1' }, { colored: true, unicode: true }],
    ['a locale of ASCII', { LC_ALL: 'C' }, { colored: true, unicode: false }],
    ['a dumb terminal', { TERM: 'dumb' }, { colored: false, unicode: true }],
  ])('%s', async ([, more, { colored, unicode }], { expect }) => {
    const command = [process.execPath, program, 'status', 'done'];
    const { raw, lines } = await onScreen(command, { columns: 80, cwd: dir, env: { ...env, ...more } });
    expect(raw.includes(green)).toBe(colored);
    expect(lines.join('\n')).toContain(unicode ? '✓ done' : '+ done');
    expect(/^[\u0000-\u007f]*$/.test(raw)).toBe(!unicode);
  });

  it.concurrent('in a pipe there are colours only where they are asked for', async ({ expect }) => {
    const plain = await sandbox.run(['status', join(dir, 'done')]);
    expect(plain.stdout).not.toContain('\u001b');
    const forced = await sandbox.run(['status', join(dir, 'done')], { env: { FORCE_COLOR: '1' } });
    expect(forced.stdout).toContain(green);
  });

  it('in CI nothing is drawn anew', async ({ expect }) => {
    const command = [process.execPath, program, 'run', await write('in-ci', {})];
    const { raw } = await onScreen(command, { columns: 80, cwd: dir, env: { ...env, CI: 'true' } });
    expect(raw).toContain('task 1/3 Convert Cellvoyager to OME-Zarr');
    expect(raw).not.toMatch(/\u001b\[\d*[AJK]|\u001b\[\?/);
  });
});
