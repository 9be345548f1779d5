/** What is wrong with a request, and what a right one says (docs/request.md, docs/semantics.md). */
import { checkDataset, type OracleImage } from './dataset.js';
import { booleans, Paths, type Path } from './paths.js';
import { checkTasks, type OracleTask } from './tasks.js';
import { entriesOf, field, hasControl, isObject, type Dict, type Scalar } from './values.js';

const attributeFilters = (value: unknown, paths: Paths): Dict<Scalar[]> | null =>
  paths.dict(value, ['job_attribute_filters'], (item) => {
    const list = Array.isArray(item) ? (item as unknown[]) : [];
    const types = new Set(list.map((entry) => typeof entry));
    const scalar = ['number', 'string', 'boolean'].includes([...types][0] ?? '');
    return types.size === 1 && scalar ? (list as Scalar[]) : undefined;
  });

export interface OracleRequest {
  /** Of the range, in order. */
  tasks: OracleTask[];
  images: OracleImage[];
  zarrDir: string;
  typeFilters: Dict<boolean>;
  attributeFilters: Dict<Scalar[]>;
  /** Whether units of the task that were interrupted may run again. */
  mayRerun: (task: OracleTask) => boolean;
}

const FIELDS = [
  ...[
    'workflow',
    'dataset',
    'workflow_dir_local',
    'workflow_dir_remote',
    'first_task_index',
    'last_task_index',
  ],
  ...['job_id', 'user_id', 'logger_name', 'job_attribute_filters', 'job_type_filters', 'backend'],
  ...['activity_task_queue', 'recovery', 'continue_from', 'worker_init', 'slurm_account', 'user_cache_dir'],
];
/** Inclusive; whatever is wrong with either end is said of that end. */
const checkRange = (request: unknown, count: number | null, paths: Paths): [number, number] => {
  const [given, givenLast] = ['first_task_index', 'last_task_index'].map((name) => {
    const value = field(request, name) ?? null;
    if (value === null || Number.isSafeInteger(value)) return value as number | null;
    return paths.add([name]);
  }) as [number | null, number | null];
  const first = given ?? 0;
  const last = givenLast ?? (count ?? 0) - 1;
  if (first < 0) paths.add(['first_task_index']);
  if (givenLast !== null && last < 0) paths.add(['last_task_index']);
  else if (count !== null && last > count - 1) paths.add(['last_task_index']);
  else if (first > last && (count !== null || givenLast !== null)) paths.add(['first_task_index']);
  return [first, last];
};

/** Whether units that were interrupted may run again; positions are those of tasks. */
const checkRecovery = (value: unknown, count: number | null, paths: Paths): void => {
  const check = (part: unknown, path: Path, known: string[]): void => {
    if (!isObject(part)) return void paths.add(path);
    for (const key of Object.keys(part)) if (!known.includes(key)) paths.add([...path, key]);
    const rerun = field(part, 'rerun_interrupted');
    if (rerun !== undefined && typeof rerun !== 'boolean') paths.add([...path, 'rerun_interrupted']);
  };
  check(value, ['recovery'], ['rerun_interrupted', 'tasks']);
  const tasks = field(value, 'tasks');
  if (tasks === undefined) return;
  if (!isObject(tasks)) return void paths.add(['recovery', 'tasks']);
  for (const [position, part] of entriesOf(tasks)) {
    check(part, ['recovery', 'tasks', position], ['rerun_interrupted']);
    const isPosition = String(Number(position)) === position && Number.isInteger(Number(position));
    if (count !== null && !(isPosition && Number(position) >= 0 && Number(position) < count))
      paths.add(['recovery', 'tasks', position]);
  }
};

/**
 * @param images content of the request's `images_file`, where it names one.
 * @returns the request, or the JSON Pointers of what is wrong with it.
 */
export const readRequest = (
  request: unknown,
  images: unknown,
): { paths: string[]; request: null } | { paths: null; request: OracleRequest } => {
  const paths = new Paths();
  for (const key of Object.keys(request as object)) if (!FIELDS.includes(key)) paths.add([key]);
  const tasks = checkTasks(field(request, 'workflow'), paths);
  const list = field(field(request, 'workflow'), 'task_list');
  const count = Array.isArray(list) && list.length > 0 ? list.length : null;
  const [first, last] = checkRange(request, count, paths);
  const typeFilters = booleans(field(request, 'job_type_filters') ?? {}, ['job_type_filters'], paths);
  const attributes = attributeFilters(field(request, 'job_attribute_filters') ?? {}, paths);
  checkRecovery(field(request, 'recovery') ?? {}, count, paths);
  for (const name of ['job_id', 'user_id']) {
    const value = field(request, name) ?? null;
    if (value !== null && !Number.isSafeInteger(value)) paths.add([name]);
  }
  const logger = field(request, 'logger_name') ?? null;
  if (logger !== null && (typeof logger !== 'string' || hasControl(logger))) paths.add(['logger_name']);
  const remote = field(request, 'workflow_dir_remote') ?? null;
  const local = field(request, 'workflow_dir_local');
  if (remote !== null && remote !== local) paths.add(['workflow_dir_remote']);
  const dataset = checkDataset(field(request, 'dataset'), images, paths);
  if (paths.any || tasks === null || dataset === null || typeFilters === null || attributes === null)
    return { paths: paths.sorted(), request: null };
  const recovery = field(request, 'recovery') ?? {};
  const mayRerun = (task: OracleTask): boolean => {
    const own = field(field(recovery, 'tasks'), String(tasks.indexOf(task)));
    return (field(own, 'rerun_interrupted') ?? field(recovery, 'rerun_interrupted') ?? false) as boolean;
  };
  return {
    paths: null,
    request: {
      ...dataset,
      tasks: tasks.slice(first, last + 1),
      typeFilters,
      attributeFilters: attributes,
      mayRerun,
    },
  };
};
