import { describe, expect, it } from 'vitest';
import { parseSlurmConfig, SlurmConfigError } from '../../../../src/executors/slurm/options/config.js';
import { configText } from '../config-text.js';

const errorsOf = (text: string) => {
  try {
    parseSlurmConfig(text);
    return [];
  } catch (error) {
    if (error instanceof SlurmConfigError) return error.errors;
    throw error;
  }
};

describe('parseSlurmConfig', () => {
  it("reads Fractal's file, memory in MB, and fills in the runner's own section", () => {
    const config = parseSlurmConfig(
      configText({ gpu_slurm_config: { partition: 'gpu', mem: '1T', gpus: '1' } }),
    );
    expect(config.default_slurm_config).toMatchObject({ partition: 'main', cpus_per_task: 1, mem: 100 });
    expect(config.gpu_slurm_config).toMatchObject({ partition: 'gpu', mem: 1_000_000 });
    expect(config.batching_config).toMatchObject({ target_mem_per_job: 10_000, max_mem_per_job: 32_000 });
    expect(config.runner_config).toMatchObject({
      poll_interval_seconds: 15,
      vanish_window_seconds: null,
      max_jobs_at_once: null,
      allow_shell_lines: true,
    });
  });

  it('takes the sections that may be null or missing', () => {
    expect(errorsOf(configText({ gpu_slurm_config: null, user_local_exports: null }))).toEqual([]);
    expect(errorsOf(configText({ user_local_exports: { MODELS: 'models/cellpose' } }))).toEqual([]);
  });

  it('names every error by its JSON Pointer, unknown keys too', () => {
    const errors = errorsOf(
      configText({
        default_slurm_config: { partition: 'a\nb', cpus_per_task: 0, mem: '1K', 'no/such~key': 1 },
        runner_config: { poll_interval_seconds: -1 },
        user_local_exports: { 'A-B': 'x' },
        surplus: true,
      }),
    );
    expect(errors.map(({ path }) => path).toSorted()).toEqual([
      '/default_slurm_config/cpus_per_task',
      '/default_slurm_config/mem',
      '/default_slurm_config/no~1such~0key',
      '/default_slurm_config/partition',
      '/runner_config/poll_interval_seconds',
      '/surplus',
      '/user_local_exports/A-B',
    ]);
    expect(errors.find(({ path }) => path.endsWith('/mem'))).toMatchObject({
      expected: expect.stringContaining('71M') as unknown,
      got: '"1K"',
    });
  });

  it('says what is missing, and what is no JSON', () => {
    expect(errorsOf('{"default_slurm_config": {}}')).toEqual([
      { path: '/batching_config', expected: 'object', got: 'nothing' },
    ]);
    expect(errorsOf('{')[0]).toMatchObject({ path: '', expected: 'JSON' });
    expect(errorsOf('[]')[0]).toMatchObject({ path: '', expected: 'object' });
  });

  it('prints all of them', () => {
    expect(() => parseSlurmConfig(configText({ a: 1, b: 2 }))).toThrow(
      /\/a: expected no such key.*\n.*\/b: /,
    );
  });
});
