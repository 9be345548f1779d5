/** Requests that are wrong, and where: checked by themselves, and sent to a server (docs/request.md). */
import type { JsonObject, JsonValue } from '../../src/wire/request.js';
import {
  omit,
  rawRequest,
  rawTasks,
  rawWorkflow,
  rawWorkflowTask,
  withDataset,
  withTask,
  withTasks,
} from './raw-requests.js';
import { wrongRecoveries } from './wrong-recoveries.js';

/** An object of so many levels. */
const nested = (levels: number): JsonObject => {
  let inner: JsonObject = {};
  for (let level = 1; level < levels; level += 1) inner = { inner };
  return inner;
};

/** What is wrong, the request, and the JSON Pointers of all its errors. */
export const wrongRequests: [string, JsonValue, string[]][] = [
  ['a list', [], ['']],
  ['a text', 'x', ['']],
  ['null', null, ['']],
  ['nothing in it', {}, ['/workflow_dir_local', '/workflow', '/dataset']],
  ['a workflow in its place', rawWorkflow([rawWorkflowTask(0)]), ['']],
  ['an unknown field', rawRequest({ workfow: 1, 'a/b': 2 }), ['/workfow', '/a~1b']],
  ['no workflow', omit(rawRequest(), 'workflow'), ['/workflow']],
  ['no tasks', withTasks(), ['/workflow/task_list']],
  [
    'a task list that is none',
    rawRequest({ workflow: { name: 'x', task_list: {} } }),
    ['/workflow/task_list'],
  ],
  ['a workflow without name', rawRequest({ workflow: { task_list: rawTasks(1) } }), ['/workflow/name']],
  [
    'a control character in the workflow',
    rawRequest({ workflow: { name: 'a\nb', task_list: rawTasks(1) } }),
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
  ...wrongRecoveries,
  ['control characters in worker_init', rawRequest({ worker_init: 'a\u0000b' }), ['/worker_init']],
  ['a line break in the account', rawRequest({ slurm_account: 'a\nb' }), ['/slurm_account']],
  ['a relative cache', rawRequest({ user_cache_dir: '~/.cache' }), ['/user_cache_dir']],
  [
    'a workflow-task that is none',
    rawRequest({ workflow: { name: 'x', task_list: [null] } }),
    ['/workflow/task_list/0'],
  ],
  [
    'one wrong field beside a right one',
    rawRequest({ worker_init: 'module load python', user_id: 'x' }),
    ['/user_id'],
  ],
  [
    'an unknown type of task',
    withTask({ task_type: 'parallel' }, { type: 'serial' }),
    ['/workflow/task_list/0/task/type'],
  ],
  [
    'a control character in a command',
    withTask({}, { command_parallel: 'python "a\u0007"' }),
    ['/workflow/task_list/0/task/command_parallel'],
  ],
  ['a control character in a url', withDataset({ zarr_dir: '/data\u0007/zarr' }), ['/dataset/zarr_dir']],
  ['a url in numbers', withDataset({ images: [{ zarr_url: 1 }] }), ['/dataset/images/0/zarr_url']],
  [
    'a url twice, in an image with other faults',
    withDataset({ images: [{ zarr_url: '/a' }, { zarr_url: '/a/', types: { x: 1 } }] }),
    ['/dataset/images/1/types/x', '/dataset/images/1/zarr_url'],
  ],
  [
    'arguments of too many levels',
    withTask({ args_parallel: nested(501) }),
    ['/workflow/task_list/0/args_parallel'],
  ],
  ['a range that begins before the first task', rawRequest({ first_task_index: -1 }), ['/first_task_index']],
  ['a range that ends before the first task', rawRequest({ last_task_index: -1 }), ['/last_task_index']],
  ['a range that ends after the last task', rawRequest({ last_task_index: 1 }), ['/last_task_index']],
  [
    'a range that ends before it begins',
    { ...withTasks(...rawTasks(2)), first_task_index: 1, last_task_index: 0 },
    ['/first_task_index'],
  ],
  ['worker_init that is a list', rawRequest({ worker_init: [] }), ['/worker_init']],
  [
    'a task of a workflow export',
    rawRequest({
      workflow: { name: 'x', task_list: [{ task: { pkg_name: 'tasks', version: '1', name: 'a' } }] },
    }),
    ['/workflow/task_list/0/task'],
  ],
  [
    'more errors than can be listed',
    withDataset({ images: Array.from({ length: 1200 }, () => ({ zarr_url: 'x' })) }),
    [...Array.from({ length: 1000 }, (_, index) => `/dataset/images/${index}/zarr_url`), ''],
  ],
];
