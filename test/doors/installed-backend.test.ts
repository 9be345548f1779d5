/** The package as an author outside of this repository has it: packed, installed, and a backend of theirs on top. */
import { randomUUID } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunResult } from '../../src/wire/result.js';
import { createSandbox, type Sandbox } from '../support/cli.js';
import { haveTaskSpooler } from '../support/task-spooler.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = realpathSync(join(root, 'node_modules'));

interface Manifest {
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** What a release publishes, of a copy of the sources: this one's dist/ is in use by other tests, and has no types. */
const release = async (to: string): Promise<string> => {
  const copy = join(to, 'sources');
  await mkdir(copy);
  const { files } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const needed = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'src',
    'scripts',
    ...files,
  ];
  const isMade = (path: string): boolean => /\/(?:node_modules|dist)$/.test(path);
  for (const name of needed.filter((file) => file !== 'dist'))
    await cp(join(root, name), join(copy, name), { recursive: true, filter: (path) => !isMade(path) });
  await symlink(modules, join(copy, 'node_modules'));
  const made = join(to, 'release');
  await execa(process.execPath, ['scripts/release.mjs', made], { cwd: copy });
  return made;
};

interface Sbom {
  components: { name: string; hashes?: { alg: string }[] }[];
}

const named = async (in_: string, ending: string): Promise<string> =>
  (await readdir(in_)).find((name) => name.endsWith(ending)) ?? `no file of ${in_} ends with ${ending}`;

/** As `npm install` leaves it, but that what it would fetch is linked: only what the manifests ask for. */
const install = async (tarball: string, folder: string): Promise<void> => {
  const own = join(folder, 'node_modules', 'fractal-temporal');
  await mkdir(own, { recursive: true });
  await execa('tar', ['-xzf', tarball, '-C', own, '--strip-components=1']);
  const [ours, theirs] = await Promise.all([readManifest(own), readManifest(folder)]);
  expect(Object.keys(theirs.dependencies)).toEqual(['fractal-temporal']);
  const names = Object.keys({ ...ours.dependencies, ...theirs.devDependencies });
  // Of the optional peers the suite of tests needs this one; those of traces are needed by nobody who asks for none.
  expect(Object.keys(ours.peerDependencies ?? {})).toContain('vitest');
  expect(names).toContain('vitest');
  for (const name of names) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(modules, name), link);
  }
};

const isThere = await haveTaskSpooler();

describe.runIf(isThere)('a backend outside of this repository, with the packed package', () => {
  let base: string;
  let folder: string;
  let released: string;
  let sandbox: Sandbox;
  const inFolder = (command: string, ...args: string[]) =>
    execa(process.execPath, [join(modules, command), ...args], { cwd: folder, reject: false, all: true });

  beforeAll(async () => {
    base = realpathSync(await mkdtemp(join(tmpdir(), 'fractal-doors-')));
    folder = join(base, 'theirs');
    await cp(join(root, 'examples', 'task-spooler'), folder, { recursive: true });
    released = await release(base);
    await install(join(released, await named(released, '.tgz')), folder);
    sandbox = await createSandbox(
      inject('temporal').binary,
      join(folder, 'node_modules', 'fractal-temporal', 'dist', 'cli', 'main.js'),
    );
  });

  afterAll(async () => {
    await sandbox.dispose();
    await rm(base, { recursive: true, force: true });
  });

  it('is released with the SHA-256 of package and SBOM, which lists what it brings along and nothing else', async () => {
    const { all, exitCode } = await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      ...{ cwd: released, all: true, reject: false },
    });
    expect(exitCode, all).toBe(0);
    expect(all.match(/: OK$/gm)).toHaveLength(2);
    const sbom = JSON.parse(
      await readFile(join(released, await named(released, '.cdx.json')), 'utf8'),
    ) as Sbom;
    expect(sbom).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'fractal-temporal' } },
    });
    const names = sbom.components.map(({ name }) => name);
    const { dependencies } = await readManifest(root);
    expect(names).toEqual(expect.arrayContaining(Object.keys(dependencies)));
    for (const tool of ['vitest', 'eslint', 'typescript']) expect(names).not.toContain(tool);
    expect(sbom.components.filter(({ hashes }) => hashes?.[0]?.alg !== 'SHA-512')).toEqual([]);
  });

  it('compiles against the types that are published', async () => {
    // Our own declarations are looked into too; those of other packages are what they are.
    const options = ['-p', 'tsconfig.build.json', '--skipLibCheck', 'false'];
    const { stdout } = await inFolder('typescript/bin/tsc', ...options);
    const errors = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(errors.filter((line) => !line.startsWith(`${relative(folder, modules)}/`))).toEqual([]);
  });

  it('passes the conformance suite', async () => {
    const report = join(base, 'report.json');
    // All but the large batch, which test/conformance runs.
    const options = ['--reporter=json', `--outputFile=${report}`, '-t', String.raw`^(?!.*runs \d+ units)`];
    const { all, exitCode } = await inFolder('vitest/vitest.mjs', 'run', 'conformance.test.ts', ...options);
    expect(exitCode, all).toBe(0);
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, 'utf8')) as {
      [key: string]: number;
    };
    expect({ numPassedTests, numFailedTests }).toEqual({ numPassedTests: 16, numFailedTests: 0 });
  });

  it('runs a workflow through a worker of its own', async () => {
    const { address } = inject('temporal');
    const queue = `workflow-${randomUUID()}`;
    const stateDir = join(base, 'queue');
    const zarrDir = join(base, 'zarr');
    const tsp = (...args: string[]) =>
      execa('tsp', args, { env: { TS_SOCKET: join(stateDir, 'socket') }, reject: false });
    const task = join(base, 'task.sh');
    const output = JSON.stringify({ image_list_updates: [{ zarr_url: `${zarrDir}/plate.zarr/A/01/0` }] });
    await writeFile(task, `#!/bin/sh\nprintf '%s' '${output}' >"$4"\n`, { mode: 0o755 });
    const request = {
      workflow: {
        name: 'outside',
        task_list: [
          {
            ...{ order: 0, task_type: 'converter_non_parallel' },
            task: { name: 'Make Plate', type: 'converter_non_parallel', command_non_parallel: task },
          },
        ],
      },
      dataset: { zarr_dir: zarrDir, images: [] },
      workflow_dir_local: join(base, 'run'),
      backend: 'task-spooler',
    };
    await writeFile(join(base, 'request.json'), JSON.stringify(request));

    const server = ['--address', address, '--task-queue', queue];
    const workflows = sandbox.start(['worker', 'workflow', ...server]);
    const theirs = execa(process.execPath, [join(folder, 'dist', 'worker.js'), address, stateDir], {
      reject: false,
      all: true,
      env: sandbox.env,
      extendEnv: false,
    });
    try {
      await workflows.says('Ready');
      const { code, stderr } = await sandbox.run(['run', join(base, 'request.json'), ...server]);
      expect(code, stderr).toBe(0);
      const result = JSON.parse(await readFile(join(base, 'run', 'result.json'), 'utf8')) as RunResult;
      expect(result.status).toBe('done');
      expect(result.images.map(({ zarr_url }) => zarr_url)).toEqual([`${zarrDir}/plate.zarr/A/01/0`]);
      expect((await tsp('-l')).stdout).toMatch(/ finished .*make_plate/);
    } finally {
      theirs.kill('SIGTERM');
      const { all, exitCode } = await theirs;
      await tsp('-K');
      expect(exitCode, all).toBe(0);
    }
  });
});
