import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/wire/request.js';
import { validateImages, validateRequest } from '../../src/validation/validate-request.js';
import { TASK_TYPES } from '../../src/validation/schemas/workflow.js';
import { rawRequest, rawTaskOfType, rawWorkflow, rawWorkflowTask } from '../support/raw-requests.js';

const pathsOf = (value: unknown): string[] => validateRequest(value).errors.map((error) => error.path);

const tasks = (count: number): JsonObject[] =>
  Array.from({ length: count }, (_, order) => rawWorkflowTask(order));

const withTasks = (...tasks: JsonObject[]): JsonObject => rawRequest({ workflow: rawWorkflow(tasks) });
const withTask = (rest: JsonObject, task: JsonObject = {}): JsonObject =>
  withTasks(rawWorkflowTask(0, rest, task));
const withDataset = (rest: JsonObject): JsonObject =>
  rawRequest({ dataset: { zarr_dir: '/data/zarr', ...rest } });

const omit = (object: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));

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
      recovery: { rerun_interrupted: false, tasks: {} },
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
      recovery: { rerun_interrupted: false, tasks: { '2': { rerun_interrupted: true } } },
      worker_init: 'module load python\n\texport A=1',
      slurm_account: 'lab',
      user_cache_dir: '/home/alice/.fractal',
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

  it.each([
    [null, null, 0, 9],
    [2, null, 2, 9],
    [null, 7, 0, 7],
    [3, 3, 3, 3],
    [0, 9, 0, 9],
  ])('range %s to %s of 10 tasks is %i to %i', (first, last, from, to) => {
    const given = { ...withTasks(...tasks(10)), first_task_index: first, last_task_index: last };
    expect(validateRequest(given).request).toMatchObject({ first_task_index: from, last_task_index: to });
  });

  it.each([
    [-1, null, '/first_task_index'],
    [null, -1, '/last_task_index'],
    [10, null, '/first_task_index'],
    [null, 10, '/last_task_index'],
    [5, 4, '/first_task_index'],
    [1.5, null, '/first_task_index'],
    ['1', null, '/first_task_index'],
    [null, true, '/last_task_index'],
  ])('refuses the range %j to %j of 10 tasks', (first, last, path) => {
    expect(pathsOf({ ...withTasks(...tasks(10)), first_task_index: first, last_task_index: last })).toEqual([
      path,
    ]);
  });

  it.each([
    [-1, 10],
    [-1, -2],
  ])('tells both ends of a range when both are wrong: %s to %s', (first, last) => {
    expect(pathsOf({ ...withTasks(...tasks(10)), first_task_index: first, last_task_index: last })).toEqual([
      '/first_task_index',
      '/last_task_index',
    ]);
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

  const wrong: [string, unknown, string[]][] = [
    ['a list', [], ['']],
    ['a text', 'x', ['']],
    ['null', null, ['']],
    ['nothing in it', {}, ['/workflow_dir_local', '/workflow', '/dataset']],
    ['an unknown field', rawRequest({ workfow: 1, 'a/b': 2 }), ['/workfow', '/a~1b']],
    ['no workflow', omit(rawRequest(), 'workflow'), ['/workflow']],
    ['no tasks', withTasks(), ['/workflow/task_list']],
    [
      'a task list that is none',
      rawRequest({ workflow: { name: 'x', task_list: {} } }),
      ['/workflow/task_list'],
    ],
    ['a workflow without name', rawRequest({ workflow: { task_list: tasks(1) } }), ['/workflow/name']],
    [
      'a control character in the workflow',
      rawRequest({ workflow: { name: 'a\nb', task_list: tasks(1) } }),
      ['/workflow/name'],
    ],
    ['a task without order', withTask({ order: null }), ['/workflow/task_list/0/order']],
    ['a negative order', withTask({ order: -1 }), ['/workflow/task_list/0/order']],
    ['equal orders', withTasks(rawWorkflowTask(1), rawWorkflowTask(1)), ['/workflow/task_list/1/order']],
    ['an unknown type', withTask({ task_type: 'serial' }), ['/workflow/task_list/0/task_type']],
    ['no type', withTasks(omit(rawWorkflowTask(0), 'task_type')), ['/workflow/task_list/0/task_type']],
    ['two types', withTask({ task_type: 'compound' }), ['/workflow/task_list/0/task_type']],
    ['no task', withTasks(omit(rawWorkflowTask(0), 'task')), ['/workflow/task_list/0/task']],
    ['a control character in a task', withTask({}, { name: 'a\u0007' }), ['/workflow/task_list/0/task/name']],
    ['an empty name', withTask({}, { name: ' ' }), ['/workflow/task_list/0/task/name']],
    [
      'a name too long for a folder',
      withTask({}, { name: 'é'.repeat(127) }),
      ['/workflow/task_list/0/task/name'],
    ],
    [
      'a forbidden character',
      withTask({}, { command_parallel: 'python; x' }),
      ['/workflow/task_list/0/task/command_parallel'],
    ],
    [
      'an open quote',
      withTask({}, { command_parallel: "python 'x" }),
      ['/workflow/task_list/0/task/command_parallel'],
    ],
    [
      'an empty command',
      withTask({}, { command_parallel: ' ' }),
      ['/workflow/task_list/0/task/command_parallel'],
    ],
    [
      'a command that is none',
      withTask({}, { command_parallel: ['a'] }),
      ['/workflow/task_list/0/task/command_parallel'],
    ],
    [
      'reserved arguments',
      withTask({
        args_parallel: { zarr_url: 1, init_args: 2, ok: 3 },
        args_non_parallel: { zarr_dir: 1, zarr_urls: 2 },
      }),
      [
        'args_non_parallel/zarr_dir',
        'args_non_parallel/zarr_urls',
        'args_parallel/zarr_url',
        'args_parallel/init_args',
      ].map((path) => `/workflow/task_list/0/${path}`),
    ],
    ['arguments that are a list', withTask({ args_parallel: [] }), ['/workflow/task_list/0/args_parallel']],
    ['meta that is a text', withTask({ meta_parallel: 'x' }), ['/workflow/task_list/0/meta_parallel']],
    [
      'a type filter that is no boolean',
      withTask({ type_filters: { a: 1 } }),
      ['/workflow/task_list/0/type_filters/a'],
    ],
    [
      'type filters in conflict',
      withTask(
        { type_filters: { a: false, b: true, c: false } },
        { input_types: { a: true, b: true, c: true } },
      ),
      ['/workflow/task_list/0/type_filters/a', '/workflow/task_list/0/type_filters/c'],
    ],
    [
      'output types that are none',
      withTask({}, { output_types: { a: 'x' } }),
      ['/workflow/task_list/0/task/output_types/a'],
    ],
    ['no dataset', omit(rawRequest(), 'dataset'), ['/dataset']],
    ['no zarr_dir', rawRequest({ dataset: {} }), ['/dataset/zarr_dir']],
    ['a relative zarr_dir', withDataset({ zarr_dir: 'zarr' }), ['/dataset/zarr_dir']],
    ['images that are none', withDataset({ images: {} }), ['/dataset/images']],
    ['an image without url', withDataset({ images: [{}] }), ['/dataset/images/0/zarr_url']],
    [
      'a null attribute',
      withDataset({ images: [{ zarr_url: '/a', attributes: { k: null } }] }),
      ['/dataset/images/0/attributes/k'],
    ],
    [
      'a type in words',
      withDataset({ images: [{ zarr_url: '/a', types: { k: 'yes' } }] }),
      ['/dataset/images/0/types/k'],
    ],
    [
      'one url twice',
      withDataset({ images: [{ zarr_url: '/a' }, { zarr_url: '/b/../a/' }] }),
      ['/dataset/images/1/zarr_url'],
    ],
    [
      'images and a file of them',
      withDataset({ images: [{ zarr_url: '/a' }], images_file: '/i.json' }),
      ['/dataset/images_file'],
    ],
    ['a relative file of images', withDataset({ images_file: 'i.json' }), ['/dataset/images_file']],
    ['a relative directory', rawRequest({ workflow_dir_local: 'jobs/1' }), ['/workflow_dir_local']],
    ['an empty directory', rawRequest({ workflow_dir_local: '' }), ['/workflow_dir_local']],
    ['a control character in a path', rawRequest({ workflow_dir_local: '/a\nb' }), ['/workflow_dir_local']],
    [
      'another remote directory for local',
      rawRequest({ workflow_dir_remote: '/elsewhere' }),
      ['/workflow_dir_remote'],
    ],
    ['ids in words', rawRequest({ job_id: '1', user_id: 2.5 }), ['/job_id', '/user_id']],
    ['an empty filter', rawRequest({ job_attribute_filters: { a: [] } }), ['/job_attribute_filters/a']],
    ['a mixed filter', rawRequest({ job_attribute_filters: { a: [1, '1'] } }), ['/job_attribute_filters/a']],
    [
      'a filter of 1 and true',
      rawRequest({ job_attribute_filters: { a: [1, true] } }),
      ['/job_attribute_filters/a'],
    ],
    ['a filter of null', rawRequest({ job_attribute_filters: { a: [null] } }), ['/job_attribute_filters/a']],
    [
      'a filter that is no list',
      rawRequest({ job_attribute_filters: { a: 'A01' } }),
      ['/job_attribute_filters/a'],
    ],
    ['an empty key', rawRequest({ job_attribute_filters: { ' ': [1] } }), ['/job_attribute_filters/ ']],
    [
      'keys equal once stripped',
      rawRequest({ job_type_filters: { a: true, ' a': true } }),
      ['/job_type_filters/ a'],
    ],
    ['a job type filter in words', rawRequest({ job_type_filters: { a: 'true' } }), ['/job_type_filters/a']],
    ['a backend that is no name', rawRequest({ backend: 'my backend' }), ['/backend']],
    ['an empty queue', rawRequest({ activity_task_queue: '' }), ['/activity_task_queue']],
    [
      'recovery of unknown tasks',
      rawRequest({ recovery: { retry: 1, tasks: { '1': {}, '00': {}, '0': { x: 1 } } } }),
      ['/recovery/tasks/0/x', '/recovery/retry'],
    ],
    [
      'recovery of tasks beyond the last',
      rawRequest({ recovery: { tasks: { '0': {}, '1': {}, '00': {}, first: {} } } }),
      ['/recovery/tasks/1', '/recovery/tasks/00', '/recovery/tasks/first'],
    ],
    ['control characters in worker_init', rawRequest({ worker_init: 'a\u0000b' }), ['/worker_init']],
    ['a line break in the account', rawRequest({ slurm_account: 'a\nb' }), ['/slurm_account']],
    ['a relative cache', rawRequest({ user_cache_dir: '~/.cache' }), ['/user_cache_dir']],
  ];

  it.each(wrong)('refuses a request with %s', (_, value, paths) => {
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
