/** What can be wrong with a request, one thing at a time: a value put where it does not belong. */
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';
import type { Case } from './requests.js';
import { ZARR_DIR } from './scalars.js';

/** `undefined` removes what is there; a path that leads nowhere changes nothing. */
export interface Mutation {
  path: (string | number)[];
  value: JsonValue | undefined;
}

const at = (path: string, ...values: (JsonValue | undefined)[]): Mutation[] =>
  values.map((value) => ({
    path: path.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
    value,
  }));

const TASK = 'workflow.task_list.0';
const TYPE_MAPS = [
  'job_type_filters',
  `${TASK}.type_filters`,
  `${TASK}.task.input_types`,
  `${TASK}.task.output_types`,
  'dataset.images.0.types',
];
const OBJECTS = ['args_non_parallel', 'args_parallel', 'meta_non_parallel', 'meta_parallel'];
const INDICES = ['first_task_index', 'last_task_index'];

const mutations: Mutation[] = [
  ...at('bogus', 1),
  ...at('workflow', undefined, null, []),
  ...at('workflow.name', undefined, 3, 'a\nb'),
  ...at('workflow.task_list', undefined, [], {}),
  ...at('workflow.task_list.1', null, 'task'),
  ...at(`${TASK}.order`, undefined, -1, 1.5, '0', null, 3),
  ...at('workflow.task_list.1.order', 0, 1, 2, 3, 5),
  ...at(`${TASK}.id`, 'x', 1.5),
  ...at(`${TASK}.task_type`, 'parallel', 'compound', 'nonsense', undefined),
  ...at(`${TASK}.task`, undefined, { pkg_name: 'x', version: '1', name: 'y' }),
  ...at(`${TASK}.task.type`, 'non_parallel', null),
  ...at(
    `${TASK}.task.name`,
    '',
    ' ',
    undefined,
    'a\u0000',
    'n'.repeat(300),
    'ü'.repeat(126),
    'n'.repeat(250),
  ),
  ...at(
    `${TASK}.task.command_parallel`,
    null,
    '',
    ' ',
    'a; b',
    'echo $HOME',
    '"open',
    '"" x',
    'a\u0001b',
    3,
    "it's'",
  ),
  ...at(`${TASK}.task.command_non_parallel`, null, undefined, 'x | y', "a 'b", 'tab\tin', '"a\nb"', 3),
  ...OBJECTS.flatMap((name) => at(`${TASK}.${name}`, [], 'x', 3, null, undefined)),
  ...['zarr_dir', 'zarr_url', 'zarr_urls', 'init_args'].flatMap((name) => [
    ...at(`${TASK}.args_parallel.${name}`, '/x'),
    ...at(`${TASK}.args_non_parallel.${name}`, null),
    ...at(`${TASK}.args_parallel. ${name}`, '/x'),
  ]),
  ...TYPE_MAPS.flatMap((path) => [
    ...at(path, null, undefined, [], 'x'),
    ...at(`${path}.3D`, 'true', 1, null, true, false),
    ...at(`${path}. 3D`, true),
    ...at(`${path}.`, true),
  ]),
  ...at('job_attribute_filters', null, [], 3),
  ...at('job_attribute_filters.well', [], null, 'A01', ['A01', 1], [true, 1], [null], [['A01']], [1, 1]),
  ...at('job_attribute_filters. well ', ['A01']),
  ...at('dataset', undefined, null, 3),
  ...at('dataset.zarr_dir', undefined, null, 'z/d', '', 's3://', '/z\u0001', '//z/d'),
  ...at('dataset.name', 3, 'a\nb', null),
  ...at('dataset.id', '7', 7),
  ...at('dataset.images', null, undefined, {}, [null], [3]),
  ...at(
    'dataset.images.0.zarr_url',
    undefined,
    null,
    'x',
    's3://b/d/a',
    '/z/d/b',
    ' /z/d//b/',
    '/z/d/\u001f',
  ),
  ...at('dataset.images.1.zarr_url', '/z/d/a', '/z/d/c/', '/z/d/x/../a', `${ZARR_DIR}/a /`),
  ...at('dataset.images.0.origin', null, 'x', 3, '/z/d/b/', 's3://o'),
  ...at('dataset.images.0.attributes', null, undefined, []),
  ...at('dataset.images.0.attributes.well', null, [], {}, true),
  ...at('dataset.images.0.attributes.', 'x'),
  ...at('dataset.images.0.attributes. well', 'x'),
  ...INDICES.flatMap((name) => at(name, -1, 0, 1, 3, 4, 99, 1.5, '0', null)),
  ...at('workflow_dir_remote', '/elsewhere', 'relative', null),
  ...at('recovery', {}, null, { bogus: 1 }, { rerun_interrupted: 'x' }, { tasks: { '99': {} } }),
  ...at('job_id', 'x', 1),
  ...at('logger_name', 'a\nb', 'run'),
];

export const mutation: fc.Arbitrary<Mutation> = fc.constantFrom(...mutations);

const holderOf = (root: JsonValue, path: (string | number)[]): JsonObject | null => {
  let current: JsonValue | undefined = root;
  for (const step of path.slice(0, -1)) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return null;
    current = (current as JsonObject)[step];
  }
  return typeof current === 'object' && current !== null ? (current as JsonObject) : null;
};

/** The case with these changes, made to a copy. */
export const mutated = (original: Case, changes: Mutation[]): Case => {
  if (changes.length === 0) return original;
  const request = structuredClone(original.request);
  for (const { path, value } of changes) {
    const holder = holderOf(request, path);
    const key = path.at(-1) ?? '';
    if (holder === null || (Array.isArray(holder) && !(Number(key) < holder.length))) continue;
    if (value === undefined) Reflect.deleteProperty(holder, key);
    else holder[key] = structuredClone(value);
  }
  return { ...original, request };
};
