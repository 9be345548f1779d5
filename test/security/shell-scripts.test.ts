/** Batch scripts of both backends, run for real: what a request says never becomes shell (docs/security.md). */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jobName } from '../../src/batch/job-name.js';
import { formatUnit } from '../../src/batch/units-file.js';
import { LayoutError, SubmissionRefused } from '../../src/batch/errors.js';
import type { Batch } from '../../src/batch/contract.js';
import { hostResources } from '../../src/executors/local/resources.js';
import { localScript } from '../../src/executors/local/process/submit.js';
import { filesIn } from '../../src/executors/local/folders.js';
import { slurmScript } from '../../src/executors/slurm/jobs/submission.js';
import { parseSlurmConfig } from '../../src/executors/slurm/options/config.js';
import { slurmLayout } from '../../src/executors/slurm/options/layout.js';
import { taskFolder } from '../../src/tasks/names.js';
import type { JsonObject } from '../../src/wire/request.js';
import { createCanary, folderName, hostileText, type Canary } from './hostile.js';

/** More for a search by hand. */
const RUNS = Number(process.env['FRACTAL_TEMPORAL_SHELL_RUNS'] ?? 60);

/** Puts the words that it was given on record, where its last one says. */
const PROGRAM = '#!/bin/bash\nprintf "%s\\0" "$@" >"${!#}"\n';

let canary: Canary;
let folder: string;
beforeAll(async () => {
  canary = await createCanary();
  folder = await mkdtemp(join(tmpdir(), 'fractal-shell-'));
});
afterAll(async () => {
  await canary.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Texts {
  /** Of the run's directory, the workflow, the task, the run's id, the account, the user's cache, an option of meta. */
  dir: string;
  workflow: string;
  task: string;
  id: string;
  account: string;
  cache: string;
  option: string;
  words: string[];
  argument: string;
}

const texts = (): fc.Arbitrary<Texts> => {
  const text = hostileText(canary.path);
  return fc.record({
    ...{ dir: text, workflow: text, task: text, id: text, account: text, cache: text, option: text },
    ...{ words: fc.array(text, { maxLength: 3 }), argument: text },
  });
};

const config = parseSlurmConfig(
  JSON.stringify({
    default_slurm_config: { partition: 'main', cpus_per_task: 1, mem: 100 },
    batching_config: {
      ...{ target_cpus_per_job: 4, max_cpus_per_job: 16, target_mem_per_job: 4000, max_mem_per_job: 64000 },
      ...{ target_num_jobs: 10, max_num_jobs: 100 },
    },
    user_local_exports: { MODELS: 'models' },
  }),
);

let made = 0;
const makeBatch = async (given: Texts, resources: JsonObject): Promise<Batch> => {
  const workingDir = join(folder, `${(made += 1)}${folderName(given.dir)}`);
  const taskDir = join(workingDir, folderName(taskFolder(0, given.task), 200));
  const own = join(workingDir, '.runner');
  await mkdir(taskDir, { recursive: true });
  await mkdir(own);
  // A command's words hold no control characters (src/tasks/command.ts); its program's name must not end with one.
  const program = join(workingDir, folderName(`p ${given.task}`).replace(/\p{Cc}/gu, '_'));
  await writeFile(program, PROGRAM, { mode: 0o755 });
  const unit = {
    index: 0,
    stem: 'par-000000-0000000',
    args: { zarr_url: given.argument, [given.argument]: 1 },
  };
  await writeFile(join(own, 'units'), `${formatUnit(unit)}\n`);
  return {
    ...{ key: 'k-1', jobName: jobName(given.workflow, given.task, 'k-1'), runUuid: 'u', taskDir, workingDir },
    comment: `Fractal workflow ${given.id}, task ${given.task}`.replace(/[\p{Cc}\u2028\u2029]+/gu, ' '),
    ...{ command: [program, ...given.words], unitCount: 1, lanes: 1, resources, avoidNodes: [] },
    paths: {
      ...{ units: join(own, 'units'), script: join(own, 'script.sh'), intent: join(own, 'intent') },
      ...{ owner: join(own, 'owner'), tombstone: join(own, 'tombstone') },
      ...{ journalPrefix: join(own, 'journal-'), stdioPrefix: join(taskDir, 'par-000000-slurm-') },
    },
  };
};

const bash = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<number | null> =>
  new Promise((resolve, reject) => {
    const child = spawn('bash', args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...env },
      stdio: 'ignore',
    });
    child.once('error', reject);
    child.once('exit', resolve);
  });

/** Runs the script; the unit must have got its words and arguments to the last character, and nothing else has run. */
const runScript = async (batch: Batch, script: string, given: Texts): Promise<void> => {
  await writeFile(batch.paths.script, script);
  expect(await bash(['-n', batch.paths.script])).toBe(0);
  const code = await bash([batch.paths.script], { SLURM_JOB_ID: '7' });
  expect(await canary.sings()).toBe(false);
  expect(code).toBe(0);
  const stem = join(batch.taskDir, 'par-000000-0000000');
  const got = (await readFile(`${stem}-metadiff.json`, 'utf8')).split('\0').slice(0, -1);
  expect(got).toEqual([
    ...given.words,
    '--args-json',
    `${stem}-args.json`,
    '--out-json',
    `${stem}-metadiff.json`,
  ]);
  expect(JSON.parse(await readFile(`${stem}-args.json`, 'utf8'))).toMatchObject({ zarr_url: given.argument });
  await rm(batch.workingDir, { recursive: true });
};

it('the canary is one: a shell that is given the texts as they are makes it', async () => {
  const probe = await createCanary();
  try {
    for (const text of fc.sample(hostileText(probe.path), 20)) await bash(['-c', text]);
    expect(await probe.sings()).toBe(true);
  } finally {
    await probe.remove();
  }
});

it('the script of a local batch obeys nothing of a request', async () => {
  await fc.assert(
    fc.asyncProperty(texts(), async (given) => {
      const batch = await makeBatch(given, {});
      // No width file: all lanes run.
      const host = { ...filesIn(join(batch.workingDir, '.runner')), width: '', lanes: '' };
      await runScript(
        batch,
        localScript(batch, host, {
          warm: { root: '/nonexistent', cacheFolder: '/nonexistent' },
          resources: hostResources({ cpus: 2, mem: null, gpus: [] }, 2),
          ...{ unitThreads: true, gpuFolder: '/nonexistent' },
        }),
        given,
      );
    }),
    { numRuns: RUNS },
  );
}, 600_000);

it('nor does a submission script for SLURM, whatever of a request becomes an option, an export or a name', async () => {
  const refused = { options: 0, paths: 0 };
  await fc.assert(
    fc.asyncProperty(texts(), async (given) => {
      let resources: JsonObject;
      const input = {
        units: 1,
        workerInit: null,
        slurmAccount: given.account,
        userCacheDir: `/${given.cache}`,
      };
      try {
        ({ resources } = slurmLayout(config, {
          ...input,
          meta: { constraint: given.option, gres: given.option },
        }));
      } catch (error) {
        // Control characters: openRun says so, and nothing runs. The rest is tried without them.
        expect(error).toBeInstanceOf(LayoutError);
        refused.options += 1;
        const plain = (text: string): string => `x${text.replace(/\p{Cc}/gu, ' ')}`;
        ({ resources } = slurmLayout(config, {
          ...{ ...input, slurmAccount: plain(given.account), userCacheDir: `/${plain(given.cache)}` },
          meta: { constraint: plain(given.option), gres: plain(given.option) },
        }));
      }
      let batch = await makeBatch(given, resources);
      let script: string;
      try {
        script = slurmScript(batch, config);
      } catch (error) {
        expect(error).toBeInstanceOf(SubmissionRefused);
        refused.paths += 1;
        await rm(batch.workingDir, { recursive: true });
        const plain = { ...given, dir: given.dir.replace(/[\p{Cc}\\]/gu, ' ') };
        plain.task = given.task.replace(/[\p{Cc}\\]/gu, ' ');
        batch = await makeBatch(plain, resources);
        script = slurmScript(batch, config);
      }
      // What sbatch takes for an option is one line of the script, and all of them stand before the first other line.
      const lines = script.split('\n').slice(1);
      const first = lines.findIndex((line) => !line.startsWith('#SBATCH'));
      expect(lines.slice(first).filter((line) => /^#(?:SBATCH|SLURM)/.test(line))).toEqual([]);
      await runScript(batch, script, given);
    }),
    { numRuns: RUNS },
  );
  expect(refused.options).toBeGreaterThan(0);
  expect(refused.options).toBeLessThan(RUNS);
  expect(refused.paths).toBeLessThan(RUNS);
}, 600_000);
