/**
 * Whole runs on both backends with requests that try to get a shell, or to lead out of the run's directory
 * (docs/security.md).
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';
import { mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { InvalidRequestError, JobExecutionError } from '../../src/client/index.js';
import { createSlurmBackend } from '../../src/executors/slurm/backend.js';
import { testConfig } from '../slurm/batches.js';
import { FakeCluster, said } from '../executors/slurm/fake-cluster.js';
import { startHarness, type Harness } from '../support/harness.js';
import { makeRequest, scriptedCommand } from '../support/scripted-requests.js';
import { createCanary, folderName, hostileText, type Canary } from './hostile.js';

const REQUESTS = 4;

/** Takes a job and runs it at once, as a node would. */
class RunningCluster extends FakeCluster {
  constructor(private readonly spool: string) {
    super(() => '');
  }

  override async start(
    words: readonly string[],
    files: { stdin: number; stdout: number; stderr: number },
  ): ReturnType<FakeCluster['start']> {
    this.calls.push({ command: 'sbatch', args: words });
    const text = readFileSync(files.stdin, 'utf8');
    const job = this.addJob(/^#SBATCH --job-name=(\S+)$/m.exec(text)?.[1] ?? '');
    const script = join(this.spool, `job-${job.id}`);
    await writeFile(script, text);
    const env = { PATH: process.env['PATH'], SLURM_JOB_ID: String(job.id) };
    spawn('bash', [script], { cwd: '/', env, stdio: 'ignore' }).once('exit', () => {
      Object.assign(job, { state: 'COMPLETED', inQueue: false });
    });
    writeSync(files.stdout, `${job.id}\n`);
    return said('');
  }
}

let canary: Canary;
let harnesses: Record<'local' | 'slurm', Harness>;
beforeAll(async () => {
  canary = await createCanary();
  const { address } = inject('temporal');
  const local = await startHarness({ address });
  const spool = await local.folder();
  const commands = new RunningCluster(spool);
  const config = testConfig({ late_file_wait_seconds: 0, poll_interval_seconds: 1 });
  const backend = createSlurmBackend({ config, commands });
  harnesses = { local, slurm: await startHarness({ address, backend: () => backend }) };
});
afterAll(async () => {
  await Promise.all(Object.values(harnesses).map((harness) => harness.stop()));
  await canary.remove();
});

/** Without what names and paths may not hold. */
const plain = (text: string): string => `x${text.replace(/[\p{Cc}\\\u2028\u2029]/gu, ' ')}`;

describe.each(['local', 'slurm'] as const)('on the %s backend', (backend) => {
  /** A run in a folder of its own; what it ends with. */
  const run = async (change: (dir: string) => Record<string, unknown>, id?: string) => {
    const dir = await harnesses[backend].folder();
    const tasks = [{ type: 'parallel' as const, name: 'Only' }];
    const request = makeRequest({ dir, tasks, images: ['a'], extra: { backend, ...change(dir) } });
    const handle = await harnesses[backend].start(request, id);
    const end = await handle.result().then(
      (result) => result,
      (error: unknown) => error,
    );
    return { dir, end };
  };

  /** A request with such texts wherever it takes one. */
  const hostile = (folder: string, texts: readonly string[], tame: (text: string) => string) => {
    const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = ''] = texts;
    const url = `${folder}/zarr/${folderName(plain(b))}`;
    // What no command may hold is refused, and another test's business.
    const words = [g, `-${h}`].map((text) => `"${plain(text).replace(/[`#$&*()\\|[\]{};<>?!"]/g, '_')}"`);
    const request = makeRequest({
      dir: folder,
      tasks: [
        {
          ...{ type: 'parallel', name: tame(a).slice(0, 60), script: { [url]: { log: c } } },
          command: `${scriptedCommand} ${words.join(' ')}`,
        },
      ],
    });
    return {
      workflow: { ...request.workflow, name: tame(d) },
      dataset: {
        ...{ ...request.dataset, name: tame(e) },
        images: [{ zarr_url: url, attributes: { [`k${plain(f)}`]: g }, types: {} }],
      },
      workflow_dir_local: join(folder, folderName(plain(h))),
      logger_name: tame(f),
      slurm_account: backend === 'slurm' ? `x${tame(a)}` : null,
    };
  };

  it('names, ids, urls, arguments and paths of a request are never obeyed', async () => {
    const eight = fc.array(hostileText(canary.path), { minLength: 8, maxLength: 8 });
    for (const [index, texts] of fc.sample(eight, REQUESTS).entries()) {
      const { dir, end } = await run(
        (folder) => hostile(folder, texts, plain),
        `id-${backend}-${index}-${plain(texts[0] ?? '')}`,
      );
      expect(await canary.sings()).toBe(false);
      expect(end, String(end)).toMatchObject({ status: 'done' });
      // The run's folder, nothing beside it.
      expect(await readdir(dir)).toHaveLength(1);
    }
  });

  it('control characters in names are refused, and nothing of it is obeyed either', async () => {
    const eight = fc.array(hostileText(canary.path), { minLength: 8, maxLength: 8 });
    for (const texts of fc.sample(eight, REQUESTS)) {
      const { dir, end } = await run((folder) => hostile(folder, texts, (text) => `${text}\n`));
      expect(await canary.sings()).toBe(false);
      expect(end).toBeInstanceOf(InvalidRequestError);
      expect(await readdir(dir)).toEqual([]);
    }
  });

  it('nothing of the environment of a worker is in the files of a run', async () => {
    const mark = 'MARK4711';
    process.env['DATABASE_PASSWORD'] = `password-${mark}`;
    process.env['TEMPORAL_API_KEY'] = `key-${mark}`;
    try {
      const { dir, end } = await run(() => ({ worker_init: backend === 'slurm' ? 'true' : null }));
      expect(end).toMatchObject({ status: 'done' });
      const names = await readdir(join(dir, 'run'), { recursive: true, withFileTypes: true });
      const files = names
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name));
      expect(files.length).toBeGreaterThan(10);
      const texts = await Promise.all(
        files.map(async (path) => `${path}: ${await readFile(path, 'latin1')}`),
      );
      expect(texts.filter((text) => text.includes(mark))).toEqual([]);
    } finally {
      delete process.env['DATABASE_PASSWORD'];
      delete process.env['TEMPORAL_API_KEY'];
    }
  });

  it('a task called ../../x has its folder in the run', async () => {
    const { dir, end } = await run((folder) => {
      const tasks = [{ type: 'parallel' as const, name: '../../x' }];
      return { workflow: makeRequest({ dir: folder, tasks }).workflow };
    });
    expect(end).toMatchObject({ status: 'done' });
    expect((await readdir(join(dir, 'run'))).toSorted()).toEqual([
      ...['.runner', '0_______x', 'events.jsonl', 'result.json', 'workflow.log'],
    ]);
    expect(await readdir(dir)).toEqual(['run']);
  });

  it('an output may name no image outside of zarr_dir, however it is written', async () => {
    const { end } = await run((folder) => {
      const script = {
        '*': { write: { image_list_updates: [{ zarr_url: `${folder}/zarr/../elsewhere` }] } },
      };
      const tasks = [{ type: 'parallel' as const, script }];
      return { workflow: makeRequest({ dir: folder, tasks }).workflow };
    });
    expect(end).toBeInstanceOf(JobExecutionError);
    expect((end as Error).message).toContain('elsewhere');
  });

  it('a run directory that is a symbolic link is the folder that it leads to', async () => {
    const folder = await harnesses[backend].folder();
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'link'));
    const { end } = await run(() => ({ workflow_dir_local: join(folder, 'link') }));
    expect(end).toMatchObject({ status: 'done', workflow_dir: join(folder, 'link') });
    expect(await readdir(join(folder, 'real'))).toContain('result.json');
  });

  it('files that lie in the way as links are not written through', async () => {
    const { dir, end } = await run(() => ({}));
    expect(end).toMatchObject({ status: 'done' });
    // Again, now with links at every name that the first run has left for people.
    const left = await readdir(join(dir, 'run', '0_only'));
    const second = await harnesses[backend].folder();
    const victim = join(second, 'victim');
    await writeFile(victim, 'as it was');
    const runDir = join(second, 'run');
    await mkdir(join(runDir, '0_only'), { recursive: true });
    const names = ['workflow.log', 'result.json'].concat(
      left.filter((name) => !/log\.txt|slurm-\d/.test(name)).map((name) => join('0_only', name)),
    );
    for (const name of names) await symlink(victim, join(runDir, name));
    // One that leads nowhere yet would be made by who writes through it.
    const nowhere = join(second, 'nowhere');
    const out = join('0_only', 'par-000000-0000000-metadiff.json');
    if (!names.includes(out)) await symlink(nowhere, join(runDir, out));
    const tasks = [{ type: 'parallel' as const, name: 'Only', script: { '*': { write: {} } } }];
    const handle = await harnesses[backend].start(
      makeRequest({ dir: second, tasks, images: ['a'], extra: { backend } }),
    );
    expect(await handle.result()).toMatchObject({ status: 'done' });
    expect(await readFile(victim, 'utf8')).toBe('as it was');
    await expect(stat(nowhere)).rejects.toThrow('ENOENT');
  });

  it.each(['.runner', '0_only'])('a link in the place of %s is refused with its name', async (name) => {
    const { dir } = await run(() => ({}));
    const elsewhere = join(dir, 'elsewhere');
    const runDir = join(dir, 'other');
    await mkdir(elsewhere);
    await mkdir(runDir);
    await symlink(elsewhere, join(runDir, name));
    const tasks = [{ type: 'parallel' as const, name: 'Only' }];
    const request = makeRequest({
      dir,
      tasks,
      images: ['a'],
      extra: { backend, workflow_dir_local: runDir },
    });
    const handle = await harnesses[backend].start(request);
    const error = await handle.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(name === '.runner' ? InvalidRequestError : JobExecutionError);
    expect((error as Error).message).toContain(`${join(runDir, name)}: is a symbolic link`);
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
