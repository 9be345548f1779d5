import { describe, expect, it } from 'vitest';
import {
  headOptions,
  parseSlurmConfig,
  SlurmConfigError,
} from '../../../../src/executors/slurm/options/config.js';
import { configNotices } from '../../../../src/executors/slurm/options/notices.js';
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

  it("takes today's keys of Fractal's file, and a whole resource of its server", () => {
    const section = { cpus_per_task: 1, nodes: 1, use_mem_per_cpu: true, shebang_line: '#!/bin/bash -l' };
    const text = configText({ default_slurm_config: section });
    expect(parseSlurmConfig(text).default_slurm_config).toMatchObject(section);
    expect(headOptions(parseSlurmConfig(text)).loginShell).toBe(true);
    const resource = { name: 'r', type: 'slurm_sudo', jobs_poll_interval: 5, jobs_local_dir: '/jobs' };
    const whole = parseSlurmConfig(JSON.stringify({ ...resource, jobs_runner_config: JSON.parse(text) }));
    expect(whole.default_slurm_config).toMatchObject(section);
    expect(whole.runner_config.poll_interval_seconds).toBe(5);
    const wrong = configText({ default_slurm_config: { nodes: 2 } });
    expect(() => parseSlurmConfig(`{"jobs_runner_config": ${wrong}}`)).toThrow(
      '/jobs_runner_config/default_slurm_config/nodes: expected 1 or none: the units of a job run on one node, got 2',
    );
  });

  it.each([
    ['#!/bin/sh', false, 0],
    ['#!/bin/bash', false, 0],
    ['#!/bin/bash --login', true, 0],
    ['#!/usr/bin/env -S bash -l', true, 0],
    ['#!/bin/zsh', false, 1],
  ])('of shebang_line %s counts a login shell: %s', (shebang_line, login, notices) => {
    const config = parseSlurmConfig(
      configText({ default_slurm_config: { cpus_per_task: 1, time: '1', shebang_line } }),
    );
    expect(headOptions(config).loginShell).toBe(login);
    expect(configNotices(config)).toHaveLength(notices);
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

  it.each([
    ['default_slurm_config', { partitoin: 'x' }, 'partition'],
    ['gpu_slurm_config', { grse: 'gpu:1' }, 'gres'],
    ['batching_config', { max_mem_per_jb: 1 }, 'max_mem_per_job'],
    ['runner_config', { login_shel: true }, 'login_shell'],
  ])('a misspelt key of %s names the nearest one', (section, more, meant) => {
    const config = JSON.parse(configText()) as Record<string, object | undefined>;
    const errors = errorsOf(JSON.stringify({ ...config, [section]: { ...config[section], ...more } }));
    expect(errors.map(({ expected }) => expected)).toEqual([`no such key (did you mean "${meant}"?)`]);
  });

  it('prints all of them', () => {
    expect(() => parseSlurmConfig(configText({ a: 1, b: 2 }))).toThrow(
      /\/a: expected no such key.*\n.*\/b: /,
    );
  });
});
