import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { RunResult } from '../../../src/wire/result.js';

const SCRIPT = fileURLToPath(new URL('../../../scripts/demo.mjs', import.meta.url));

/** The script compiles first when a source has changed since, which takes a minute on a loaded machine. */
const TIMEOUT_MS = 300_000;

let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'demo test-'));
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

const demo = (...args: string[]) =>
  execa(process.execPath, [SCRIPT, ...args], {
    all: true,
    reject: false,
    env: {
      FRACTAL_TEMPORAL_SERVER_BINARY: inject('temporal').binary,
      // Another server of the shell: the demo has its own.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    },
  });

const unitLogs = async (folder: string) =>
  (await readdir(join(folder, 'run'), { recursive: true }))
    .filter((name) => name.endsWith('log.txt'))
    .toSorted();

it(
  'runs the light workflow on a server of its own; in the same folder again, nothing runs twice',
  { timeout: TIMEOUT_MS },
  async () => {
    const folder = join(dir, 'light');
    const first = await demo('--light', '--dir', folder);
    const ended = (first.all ?? '').split('\n').filter((line) => /^task .*: done /.test(line));
    // Each once, a compound with its init, as the table counts it.
    expect(ended.map((line) => line.replace(/^task (\d).* (\S+)$/, '$1: $2')).toSorted()).toEqual([
      '1: 3/3',
      '2: 2/2',
      '3: 3/3',
      '4: 2/2',
      '5: 2/2',
    ]);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(
      /Web UI of the run: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/[a-z0-9-]+-[0-9a-f]{16}\n/,
    );
    expect(first.stdout).toMatch(
      /plate_mip\.zarr\/B\/02\/0corrected +│ plate\.zarr\/B\/02\/0corrected +│ B02/,
    );

    const result = await readFile(join(folder, 'result.json'), 'utf8');
    expect(JSON.parse(result) as RunResult).toMatchObject({ status: 'done' });
    expect((JSON.parse(result) as RunResult).images).toHaveLength(6);
    const logs = await unitLogs(folder);
    expect(logs).toHaveLength(12);

    const again = await demo('--light', '--dir', folder);
    expect(again.all).toContain('Joined run');
    expect(again.exitCode).toBe(0);
    expect(await readFile(join(folder, 'result.json'), 'utf8')).toBe(result);
    expect(await unitLogs(folder)).toEqual(logs);
  },
);

it(
  '--prepare writes a request and says how to run it; a wrong option is a usage error',
  { timeout: TIMEOUT_MS },
  async () => {
    const folder = join(dir, 'prepared');
    const { exitCode, stdout } = await demo('--light', '--prepare', folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/FRACTAL_TEMPORAL_HOME='.*prepared\/server' .*main\.js up\n/);
    const request = JSON.parse(await readFile(join(folder, 'request.json'), 'utf8')) as {
      workflow: { task_list: { task: { name: string } }[] };
    };
    expect(request.workflow.task_list.map(({ task }) => task.name)).toContain('Project (Maximum)');

    const wrong = await demo('--lite');
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stderr).toContain('npm run demo -- [options]');
  },
);
