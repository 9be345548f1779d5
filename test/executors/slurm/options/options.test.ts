import { describe, expect, it } from 'vitest';
import type { LayoutInput } from '../../../../src/batch/contract.js';
import { parseSlurmConfig } from '../../../../src/executors/slurm/options/config.js';
import { slurmLayout } from '../../../../src/executors/slurm/options/layout.js';
import { taskOptions } from '../../../../src/executors/slurm/options/options.js';
import type { JsonObject } from '../../../../src/wire/request.js';
import { configText } from '../config-text.js';
import { config, input, resourcesOf } from './site.js';

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

it('lays out a task', () => {
  const layout = slurmLayout(config, input({ tasks_per_job: 3, parallel_tasks_per_job: '2' }));
  expect(layout).toMatchObject({ unitsPerBatch: 3, lanes: 2, resources: { partition: 'main' } });
  expect(JSON.parse(JSON.stringify(layout.resources))).toEqual(layout.resources);
});
