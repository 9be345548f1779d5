/**
 * Keys of Fractal's objects that a run ignores although they look like ones that it reads: `args_parralel`. Fractal's
 * API gives many fields that no run needs, so that an unknown one is no error; what is next to a known one is a slip.
 */
import { pointer } from '../wire/json-pointer.js';
import { closestTo } from './did-you-mean.js';
import { isJsonObject } from './schemas/leaf.js';
import { image } from './schemas/images.js';
import { dataset } from './schemas/request.js';
import { task, workflow, workflowTask } from './schemas/workflow.js';
import { MAX_SLIPS_IN_WORDS } from './tunables.js';

/** Further fields that Fractal's API has or had (2.0 to 2.20): some are near to others, and no slips. */
const FRACTALS = [
  ...[
    'id',
    'name',
    'alias',
    'description',
    'order',
    'version',
    'source',
    'type',
    'tags',
    'authors',
    'modality',
  ],
  ...[
    'category',
    'docs_info',
    'docs_link',
    'args_schema_version',
    'args_schema_non_parallel',
    'origin',
    'path',
  ],
  ...[
    'args_schema_parallel',
    'task_id',
    'workflow_id',
    'project_id',
    'taskgroupv2_id',
    'task_legacy',
    'args',
  ],
  ...[
    'input_filters',
    'filters',
    'attribute_filters',
    'type_filters',
    'timestamp_created',
    'project',
    'meta',
  ],
  ...['is_legacy_task', 'task_legacy_id', 'input_type', 'output_type', 'images'],
];

/** What the backends read of a task's meta (docs/slurm.md, docs/request.md, docs/warm-start.md). */
const META = [
  ...['cpus_per_task', 'mem', 'time', 'gres', 'gpus', 'constraint', 'nodelist', 'exclude', 'extra_lines'],
  ...['needs_gpu', 'tasks_per_job', 'parallel_tasks_per_job', 'warm_start', 'exclusive'],
];

/** What Fractal's runners read of it, and no slip. */
const FRACTALS_META = ['account', 'partition', 'parallelization_level', 'executor', 'nodes'];

/** Words for it that other tools have, too far from ours to be misspelt. */
const OTHER_WORDS: Record<string, string> = {
  memory: 'mem',
  mem_per_task: 'mem',
  cpus: 'cpus_per_task',
  cores: 'cpus_per_task',
  walltime: 'time',
  time_limit: 'time',
  gpu: 'needs_gpu',
};

interface Known {
  /** Those that are read. */
  fields: readonly string[];
  /** Those that are not, and are no slips. */
  others: readonly string[];
  /** Further slips of each. */
  words?: Record<string, string>;
}

const meta: Known = { fields: META, others: FRACTALS_META, words: OTHER_WORDS };

const knownOf = (schema: { shape: object }): Known => ({
  fields: Object.keys(schema.shape),
  others: FRACTALS,
});

const meant = (key: string, { fields, others, words = {} }: Known): string | null =>
  others.includes(key) ? null : (closestTo(key, fields) ?? words[key.toLowerCase()] ?? null);

/** The keys of a task's meta that nothing reads and that look misspelt, each with why it is none; other words are no slips. */
export const slipsOfMeta = (given: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(given).flatMap((key) => {
    const name = meant(key, meta);
    return name === null || Object.hasOwn(given, name)
      ? []
      : [`${key} would be ignored: did you mean "${name}"?`];
  });

type Path = readonly PropertyKey[];

function* slipsOf(value: unknown, path: Path, known: Known): Generator<string> {
  if (!isJsonObject(value)) return;
  for (const key of Object.keys(value)) {
    const name = meant(key, known);
    // What is there under its own name as well was not meant.
    if (name !== null && !Object.hasOwn(value, name))
      yield `${pointer([...path, key])} is ignored: did you mean "${name}"?`;
  }
}

const at = (value: unknown, key: string): unknown => (isJsonObject(value) ? value[key] : undefined);

function* slipsOfTask(given: unknown, path: Path): Generator<string> {
  yield* slipsOf(given, path, knownOf(workflowTask));
  yield* slipsOf(at(given, 'task'), [...path, 'task'], knownOf(task));
  for (const part of ['meta_non_parallel', 'meta_parallel']) {
    yield* slipsOf(at(given, part), [...path, part], meta);
    yield* slipsOf(at(at(given, 'task'), part), [...path, 'task', part], meta);
  }
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

/** The same slip in every image is one. */
function* slipsOfImages(images: readonly unknown[], path: Path): Generator<string> {
  const known = knownOf(image);
  const told = new Set<string>();
  for (const [index, one] of images.entries()) {
    const given = isJsonObject(one) ? Object.keys(one) : [];
    const keys = given.filter((key) => !known.fields.includes(key) && !told.has(key));
    if (keys.length === 0) continue;
    for (const key of keys) told.add(key);
    yield* slipsOf(one, [...path, index], known);
    // A dataset of slips is no dataset of Fractal's; its end is not waited for.
    if (told.size > MAX_SLIPS_IN_WORDS) return;
  }
}

function* allSlips(request: unknown): Generator<string> {
  const [flow, data] = [at(request, 'workflow'), at(request, 'dataset')];
  yield* slipsOf(flow, ['workflow'], knownOf(workflow));
  for (const [index, one] of listOf(at(flow, 'task_list')).entries())
    yield* slipsOfTask(one, ['workflow', 'task_list', index]);
  yield* slipsOf(data, ['dataset'], knownOf(dataset));
  yield* slipsOfImages(listOf(at(data, 'images')), ['dataset', 'images']);
}

/**
 * What of a request is ignored and was likely meant otherwise, a line each; of many the first, and how many more.
 *
 * @param request as it was given, also one that is not valid.
 */
export const slipsIn = (request: unknown): string[] => {
  const all = [...allSlips(request)];
  const more = all.length - MAX_SLIPS_IN_WORDS;
  return more <= 0 ? all : [...all.slice(0, MAX_SLIPS_IN_WORDS), `and ${more} more keys that look misspelt`];
};
