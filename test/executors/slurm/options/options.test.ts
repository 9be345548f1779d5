import { describe, expect, it } from 'vitest';
import { LayoutError } from '../../../../src/batch/errors.js';
import type { LayoutInput } from '../../../../src/batch/contract.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { slurmLayout } from '../../../../src/executors/slurm/options/layout.js';
import { taskOptions } from '../../../../src/executors/slurm/options/options.js';
import type { JsonObject } from '../../../../src/wire/request.js';
import { configText } from '../config-text.js';

const config = parseSlurmConfig(
  configText({
    default_slurm_config: {
      partition: 'main',
      cpus_per_task: 1,
      mem: '100M',
      time: '60',
      account: 'site',
      extra_lines: ['#SBATCH --hint=nomultithread', 'module load site'],
    },
    gpu_slurm_config: { partition: 'gpu', mem: '10G', gres: 'gpu:1', extra_lines: ['module load cuda'] },
    user_local_exports: { MODELS: 'models', NAPARI_CONFIG: 'n.json' },
  }),
);

const input = (meta: JsonObject, more: Partial<LayoutInput> = {}): LayoutInput => ({
  units: 4,
  meta,
  workerInit: null,
  slurmAccount: null,
  userCacheDir: '/home/ann/.cache/',
  ...more,
});
const resourcesOf = (meta: JsonObject, more: Partial<LayoutInput> = {}) =>
  taskOptions(config, input(meta, more)).resources;

describe('priorities', () => {
  it('starts from the defaults', () => {
    expect(resourcesOf({})).toMatchObject({
      partition: 'main',
      cpus_per_unit: 1,
      mem_mb_per_unit: 100,
      time: '60',
      gres: null,
      account: 'site',
      needs_gpu: false,
    });
  });

  it('lays the GPU section over them, then the meta over both', () => {
    expect(resourcesOf({ needs_gpu: true })).toMatchObject({
      partition: 'gpu',
      mem_mb_per_unit: 10_000,
      gres: 'gpu:1',
      time: '60',
    });
    expect(
      resourcesOf({ needs_gpu: true, mem: '3G', gres: 'gpu:2', cpus_per_task: '4', time: '1-0' }),
    ).toMatchObject({
      partition: 'gpu',
      mem_mb_per_unit: 3000,
      gres: 'gpu:2',
      cpus_per_unit: 4,
      time: '1-0',
    });
  });

  it('takes no partition from meta, null as not given, and numbers where SLURM has text', () => {
    expect(resourcesOf({ partition: 'theirs', mem: null, needs_gpu: null, gpus: 2, time: 90 })).toMatchObject(
      {
        partition: 'main',
        mem_mb_per_unit: 100,
        gpus: '2',
        time: '90',
      },
    );
  });

  it.each([
    [true, true],
    ['True', true],
    [1, true],
    [false, false],
    ['False', false],
    ['false', false],
    [0, false],
    ['', false],
  ])('needs_gpu %j is %j', (value, expected) => {
    expect(resourcesOf({ needs_gpu: value }).needs_gpu).toBe(expected);
  });

  it("puts the account of the request over the configuration's", () => {
    expect(resourcesOf({}, { slurmAccount: 'lab' }).account).toBe('lab');
  });

  it('appends extra lines, keeps their order, drops repetitions', () => {
    expect(resourcesOf({ extra_lines: ['B=1', 'module load site', 'A=1', 'B=1'] }).extra_lines).toEqual([
      '#SBATCH --hint=nomultithread',
      'module load site',
      'B=1',
      'A=1',
    ]);
    expect(resourcesOf({ needs_gpu: true, extra_lines: ['A=1'] }).extra_lines).toEqual([
      'module load cuda',
      'A=1',
    ]);
  });

  it('moves #SBATCH lines of worker_init to where sbatch reads them', () => {
    const { extra_lines, worker_init } = resourcesOf(
      {},
      { workerInit: 'source x\r\n#SBATCH --hint=compute_bound\r\nexport Y=1' },
    );
    expect(extra_lines.at(-1)).toBe('#SBATCH --hint=compute_bound');
    expect(worker_init).toBe('source x\nexport Y=1');
  });

  it("joins exports to the user's cache folder", () => {
    expect(resourcesOf({}).exports).toEqual({
      FRACTAL_CACHE_DIR: '/home/ann/.cache',
      MODELS: '/home/ann/.cache/models',
      NAPARI_CONFIG: '/home/ann/.cache/n.json',
    });
  });
});

it.each([
  '#SBATCH --comment="a -J b --array"',
  '#SBATCH --time=1 # --job-name=mine',
  '#SBATCH --wait-all-nodes=1',
  '#SBATCH --mem-bind=local',
  '# --job-name=mine',
  '#SBATCH -pJ',
])('takes the extra line %s', (line) => {
  expect(resourcesOf({ extra_lines: [line] }).extra_lines).toContain(line);
});

it.each([90, '90', '1:30', '12:00:00', '1-12', '1-12:30', '1-12:30:10', 'UNLIMITED', 'infinite'])(
  'takes the time %j',
  (time) => {
    expect(resourcesOf({ time }).time).toBe(String(time));
  },
);

describe('sites', () => {
  const optionsOf = (
    changes: Record<string, unknown>,
    meta: JsonObject = {},
    more: Partial<LayoutInput> = {},
  ) => taskOptions(parseSlurmConfig(configText(changes)), input(meta, more)).resources;
  const section = { cpus_per_task: 2, mem: '1G' };

  it('without a section for GPUs run such tasks as all others', () => {
    expect(optionsOf({}, { needs_gpu: true, gres: 'gpu:1' })).toMatchObject({
      ...{ partition: 'main', gres: 'gpu:1', needs_gpu: true },
    });
  });

  it('where nobody asks for memory have none in their jobs', () => {
    expect(optionsOf({ default_slurm_config: { cpus_per_task: 1 } }).mem_mb_per_unit).toBeNull();
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['nothing said', { default_slurm_config: section }, undefined],
    ["Fractal's key", { default_slurm_config: { ...section, use_mem_per_cpu: true } }, 'mem-per-cpu'],
    [
      "the runner's own over it",
      {
        default_slurm_config: { ...section, use_mem_per_cpu: true },
        runner_config: { memory_option: 'none' },
      },
      'none',
    ],
  ])('ask for memory as they have it: %s', (_, changes, expected) => {
    expect(optionsOf(changes).memory_option).toBe(expected);
  });

  it('tell tasks of the cache folder, also without exports of their own', () => {
    expect(optionsOf({}, {}, { userCacheDir: '/home/ann/cache/' }).exports).toEqual({
      FRACTAL_CACHE_DIR: '/home/ann/cache',
    });
    expect(optionsOf({}, {}, { userCacheDir: null }).exports).toEqual({});
  });
});

describe('refusals', () => {
  it.each<[string, JsonObject, Partial<LayoutInput>, RegExp]>([
    ['an account in meta', { account: 'lab' }, {}, /^account: .*slurm_account/],
    ['memory with a wrong unit', { mem: '1K' }, {}, /^mem: .*"1K"/],
    ['no CPU', { cpus_per_task: 0 }, {}, /^cpus_per_task: .*at least 1/],
    ['a fraction of a CPU', { cpus_per_task: 1.5 }, {}, /^cpus_per_task: /],
    ['a GPU question without answer', { needs_gpu: 'maybe' }, {}, /^needs_gpu: /],
    ['a line break in an option', { constraint: 'a\n#SBATCH --uid=0' }, {}, /^constraint: /],
    ['a list for an option', { gres: ['gpu:1'] }, {}, /^gres: /],
    ['extra lines that are no list', { extra_lines: 'A=1' }, {}, /^extra_lines: /],
    ['a line break in an extra line', { extra_lines: ['a\nb'] }, {}, /^extra_lines: /],
    ['a negative count', { tasks_per_job: -1 }, {}, /^tasks_per_job: /],
    ['an account with a line break', {}, { slurmAccount: 'a\nb' }, /^slurm_account: /],
    ['no cache folder', {}, { userCacheDir: null }, /^user_cache_dir: /],
    ['a relative cache folder', {}, { userCacheDir: 'cache' }, /^user_cache_dir: /],
    ['an account in worker_init', {}, { workerInit: '#SBATCH --account=lab' }, /^worker_init: .*--account/],
    ['a short account in worker_init', {}, { workerInit: 'x\n#SBATCH -A lab' }, /^worker_init: .*--account/],
    [
      'an account in extra lines',
      { extra_lines: ['#SBATCH --time=1 --acc=lab'] },
      {},
      /^extra_lines: .*--account/,
    ],
    ['a job name in extra lines', { extra_lines: ['#SBATCH -J mine'] }, {}, /--job-name/],
    ['an array', { extra_lines: ['#SBATCH --array=1-9'] }, {}, /--array/],
    ['waiting for the end', { extra_lines: ['#SBATCH --wait'] }, {}, /--wait/],
    ['a job name cut short', { extra_lines: ['#SBATCH --jo=mine'] }, {}, /no --job-name/],
    ['an array cut short', { extra_lines: ['#SBATCH --ar=1-9'] }, {}, /no --array/],
    ['a script cut short', { extra_lines: ['#SBATCH --wr=true'] }, {}, /no --wrap/],
    ['a name behind a letter without value', { extra_lines: ['#SBATCH -HJ mine'] }, {}, /no --job-name/],
    ['a name in quotes', { extra_lines: ['#SBATCH "--job-name=mine"'] }, {}, /no --job-name/],
    ['a name behind a backslash', { extra_lines: ['#SBATCH --jo\\b-name=mine'] }, {}, /no --job-name/],
    ['a name by the obsolete prefix', { extra_lines: ['#SLURM --job-name=mine'] }, {}, /no --job-name/],
    ['several jobs', { extra_lines: ['#SBATCH hetjob'] }, {}, /no hetjob/],
    ['several jobs in worker_init', {}, { workerInit: 'x\n#SBATCH  packjob ' }, /^worker_init: .*no hetjob/],
    ['a time with a unit', { time: '12h' }, {}, /^time: expected a time as SLURM writes it .*, got "12h"/],
    ['a time in words', { time: 'one hour' }, {}, /^time: /],
    ['a time with too many parts', { time: '1:2:3:4' }, {}, /^time: /],
  ])('%s', (_name, meta, more, message) => {
    expect(() => resourcesOf(meta, more)).toThrow(LayoutError);
    expect(() => resourcesOf(meta, more)).toThrow(message);
  });

  it('several nodes, since the units of a job run on one', () => {
    expect(() => resourcesOf({ nodes: 2 })).toThrow(/^nodes: expected 1 or none/);
    expect(() => resourcesOf({ nodes: 1 })).not.toThrow();
  });

  it('shell lines of a request where the configuration refuses them, never its own', () => {
    const strict = parseSlurmConfig(
      configText({
        default_slurm_config: { cpus_per_task: 1, mem: 1, extra_lines: ['module load site'] },
        runner_config: { allow_shell_lines: false },
      }),
    );
    expect(taskOptions(strict, input({})).resources.extra_lines).toEqual(['module load site']);
    expect(() => taskOptions(strict, input({ extra_lines: ['x'] }))).toThrow(
      /^extra_lines: .*allow_shell_lines/,
    );
    expect(() => taskOptions(strict, input({}, { workerInit: 'x' }))).toThrow(
      /^worker_init: .*allow_shell_lines/,
    );
    expect(() => taskOptions(strict, input({}, { workerInit: ' \n' }))).not.toThrow();
  });

  it('neither meta nor configuration says what a unit needs', () => {
    const bare = parseSlurmConfig(configText({ default_slurm_config: {} }));
    expect(() => taskOptions(bare, input({ mem: 1 }))).toThrow(/^cpus_per_task: /);
  });
});

it('lays out a task', () => {
  const layout = slurmLayout(config, input({ tasks_per_job: 3, parallel_tasks_per_job: '2' }));
  expect(layout).toMatchObject({ unitsPerBatch: 3, lanes: 2, resources: { partition: 'main' } });
  expect(JSON.parse(JSON.stringify(layout.resources))).toEqual(layout.resources);
});
