import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/wire/request.js';
import { settleRecovery } from '../../src/outcomes/settle-recovery.js';
import { validateImages, validateRequest } from '../../src/validation/validate-request.js';
import { TASK_TYPES } from '../../src/validation/schemas/workflow.js';
import {
  omit,
  rawRequest,
  rawTaskOfType,
  rawTasks as tasks,
  rawWorkflow,
  rawWorkflowTask,
  withDataset,
  withTask,
  withTasks,
} from '../support/raw-requests.js';
import { wrongRequests } from '../support/wrong-requests.js';

const pathsOf = (value: unknown): string[] => validateRequest(value).errors.map((error) => error.path);

const { tasks: _none, ...nothingGiven } = settleRecovery({}, {}, {});

describe('validateRequest', () => {
  it('fills in every default', () => {
    expect(validateRequest(rawRequest()).request).toEqual({
      workflow: {
        name: 'Correct',
        task_list: [
          {
            id: 100,
            order: 0,
            task_type: 'parallel',
            args_non_parallel: {},
            args_parallel: {},
            meta_non_parallel: {},
            meta_parallel: {},
            type_filters: {},
            task: {
              name: 'Illumination Correction',
              type: 'parallel',
              command_non_parallel: null,
              command_parallel: '/venv/bin/python /venv/tasks/correct.py',
              input_types: {},
              output_types: {},
              meta_non_parallel: {},
              meta_parallel: { cpus_per_task: 1 },
            },
          },
        ],
      },
      dataset: { id: 2, name: 'Plate', zarr_dir: '/data/zarr', images: [], images_file: null },
      workflow_dir_local: '/data/jobs/1',
      workflow_dir_remote: null,
      first_task_index: 0,
      last_task_index: 0,
      job_id: null,
      user_id: null,
      logger_name: null,
      job_attribute_filters: {},
      job_type_filters: {},
      backend: 'local',
      activity_task_queue: 'fractal-local',
      recovery: { ...nothingGiven, tasks: {} },
      continue_from: null,
      worker_init: null,
      slurm_account: null,
      user_cache_dir: null,
    });
  });

  it('takes null for what has a default', () => {
    const nulls = Object.keys(validateRequest(rawRequest()).request ?? {})
      .filter((key) => !['workflow', 'dataset', 'workflow_dir_local'].includes(key))
      .map((key) => [key, null]);
    const given = rawRequest(Object.fromEntries(nulls) as JsonObject);
    expect(validateRequest(given)).toEqual(validateRequest(rawRequest()));
  });

  it('keeps what is given', () => {
    const given = rawRequest({
      workflow: rawWorkflow(tasks(3)),
      workflow_dir_local: '//data/jobs/./1/',
      workflow_dir_remote: '/cluster/jobs/1',
      first_task_index: 1,
      last_task_index: 2,
      job_id: 5,
      user_id: 6,
      logger_name: 'WF1_job5',
      job_attribute_filters: { ' well ': ['A01', 'A02'], n: [1, 1.5], b: [true] },
      job_type_filters: { ' 3D': true },
      backend: 'slurm',
      activity_task_queue: 'fractal-slurm-alice',
      recovery: { tasks: { '2': { rerun_interrupted: true } } },
      worker_init: 'module load python\n\texport A=1',
      slurm_account: 'lab',
      user_cache_dir: '/home/alice/.fractal',
    });
    expect(validateRequest(given).request).toMatchObject({
      workflow_dir_local: '/data/jobs/1',
      workflow_dir_remote: '/cluster/jobs/1',
      first_task_index: 1,
      last_task_index: 2,
      job_id: 5,
      user_id: 6,
      logger_name: 'WF1_job5',
      job_attribute_filters: { well: ['A01', 'A02'], n: [1, 1.5], b: [true] },
      job_type_filters: { '3D': true },
      backend: 'slurm',
      activity_task_queue: 'fractal-slurm-alice',
      recovery: { ...nothingGiven, tasks: { '2': { ...nothingGiven, rerun_interrupted: true } } },
      worker_init: 'module load python\n\texport A=1',
      slurm_account: 'lab',
      user_cache_dir: '/home/alice/.fractal',
    });
  });

  it('takes null for what it is where recovery has a limit of its own', () => {
    const recovery = { memory: { max: null }, time: { max: null }, tasks: { '0': { time: { max: null } } } };
    const given = rawRequest({ workflow: rawWorkflow(tasks(1)), recovery });
    expect(validateRequest(given).request?.recovery).toEqual({
      ...nothingGiven,
      tasks: { '0': nothingGiven },
    });
  });

  it('lays the recovery of a task over that of the run', () => {
    const recovery = { rerun_interrupted: true, tasks: { '0': {}, '1': { rerun_interrupted: false } } };
    const given = rawRequest({ workflow: rawWorkflow(tasks(2)), recovery });
    expect(validateRequest(given).request?.recovery.tasks).toEqual({
      '0': { ...nothingGiven, rerun_interrupted: true },
      '1': nothingGiven,
    });
  });

  it('normalises urls and keeps the order of the images', () => {
    const images: JsonObject[] = [
      { zarr_url: ' /d/b/ ', origin: '/d/./a', attributes: { ' k': 1 } },
      { zarr_url: '/d/a', x: 1 },
    ];
    expect(validateRequest(withDataset({ zarr_dir: '/data//zarr/', images })).request?.dataset).toMatchObject(
      {
        zarr_dir: '/data/zarr',
        images: [
          { zarr_url: '/d/b', origin: '/d/a', attributes: { k: 1 }, types: {} },
          { zarr_url: '/d/a', origin: null, attributes: {}, types: {} },
        ],
      },
    );
  });

  it('sorts the tasks by order', () => {
    const given = withTasks(rawWorkflowTask(4), rawWorkflowTask(0), rawWorkflowTask(2));
    expect(validateRequest(given).request?.workflow.task_list.map((task) => task.order)).toEqual([0, 2, 4]);
  });

  it.each(TASK_TYPES)('takes a %s task with the commands of its type, and misses any other', (type) => {
    const task = rawTaskOfType(type);
    expect(pathsOf(withTask({}, task))).toEqual([]);
    const expected = ['command_non_parallel', 'command_parallel'].filter((command) => task[command] !== null);
    const bare = { ...task, command_non_parallel: null, command_parallel: null };
    expect(pathsOf(withTask({}, bare))).toEqual(expected.map((name) => `/workflow/task_list/0/task/${name}`));
  });

  it('tells a url that comes twice also where the image has other faults', () => {
    const images: JsonObject[] = [
      { zarr_url: '/data/zarr/a', types: { x: 1 } },
      { zarr_url: '/data/zarr/a/', origin: 3 },
    ];
    expect(pathsOf(rawRequest({ dataset: { zarr_dir: '/data/zarr', images } }))).toEqual([
      '/dataset/images/0/types/x',
      '/dataset/images/1/origin',
      '/dataset/images/1/zarr_url',
    ]);
  });

  it.each(wrongRequests)('refuses a request with %s', (_, value, paths) => {
    const { request, errors } = validateRequest(value);
    expect(request).toBeNull();
    expect(errors.map((error) => error.path)).toEqual(paths);
  });

  it('says what was expected and what came', () => {
    const long = `a${'b'.repeat(1000)}`;
    const given = rawRequest({ workflow_dir_local: long, job_id: [1, 2], job_type_filters: { a: {} } });
    expect(validateRequest(omit(given, 'dataset')).errors).toEqual([
      { path: '/workflow_dir_local', expected: 'an absolute path', got: `"a${'b'.repeat(75)}...` },
      { path: '/job_id', expected: 'an integer', got: 'a list of 2' },
      { path: '/job_type_filters/a', expected: 'true or false', got: 'an object' },
      { path: '/dataset', expected: 'an object', got: 'nothing' },
    ]);
  });

  it('says of a workflow export that the commands are missing', () => {
    const exported: JsonValue = {
      name: 'x',
      task_list: [{ task: { pkg_name: 'tasks', version: '1', name: 'a' } }],
    };
    const { errors } = validateRequest(rawRequest({ workflow: exported }));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({
      path: '/workflow/task_list/0/task',
      got: expect.stringContaining('export') as string,
    });
    expect(errors[0]?.expected).toContain('with its commands');
  });

  it('lists all errors, up to a number that a failure can carry', () => {
    const images = Array.from({ length: 5000 }, () => ({ zarr_url: 'x' }));
    const { errors } = validateRequest(withDataset({ images }));
    expect(errors).toHaveLength(1001);
    expect(errors.at(-1)).toEqual({ path: '', expected: 'at most 1000 errors', got: '4000 more' });
  });

  it('ignores a command that the type does not run', () => {
    expect(pathsOf(withTask({}, { command_non_parallel: 'a; b' }))).toEqual([]);
  });

  it('does not change what it is given', () => {
    const given = withTasks(rawWorkflowTask(1), rawWorkflowTask(0));
    const before = JSON.stringify(given);
    validateRequest(given);
    expect(JSON.stringify(given)).toBe(before);
  });
});

describe('validateImages', () => {
  it('reads the content of an images_file', () => {
    expect(validateImages([{ zarr_url: '/a/' }], '')).toEqual({
      images: [{ zarr_url: '/a', origin: null, attributes: {}, types: {} }],
      errors: [],
    });
  });

  it('puts the prefix before its pointers', () => {
    const { images, errors } = validateImages(
      [{ zarr_url: '/a' }, { zarr_url: 'b' }],
      '/dataset/images_file',
    );
    expect(images).toEqual([]);
    expect(errors.map((error) => error.path)).toEqual(['/dataset/images_file/1/zarr_url']);
    expect(validateImages({}, '').errors).toEqual([
      { path: '', expected: 'a list of images', got: 'an object' },
    ]);
  });
});
