/** What is wrong with a request, and what a right one says (docs/request.md, docs/semantics.md). */
import { checkDataset, type OracleImage } from './dataset.js';
import { booleans, Paths, type Path } from './paths.js';
import { checkTasks, type OracleTask } from './tasks.js';
import type { OraclePolicy } from './tries.js';
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
  /** What may run again of a task, and what becomes of the run then. */
  policyOf: (task: OracleTask) => OraclePolicy;
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
  ...['activity_task_queue', 'recovery', 'continue_from', 'warm_start', 'worker_init', 'slurm_account'],
  'user_cache_dir',
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

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What may run again; positions are those of tasks. */
const checkRecovery = (value: unknown, count: number | null, paths: Paths): void => {
  const object = (part: unknown, path: Path, known: string[]): boolean => {
    if (!isObject(part)) {
      paths.add(path);
      return false;
    }
    for (const key of Object.keys(part)) if (!known.includes(key)) paths.add([...path, key]);
    return true;
  };
  const check = (part: unknown, path: Path, known: string[]): void => {
    const keys = ['rerun_interrupted', 'memory', 'time', 'infrastructure', 'exit_codes', 'on_failure'];
    if (!object(part, path, [...keys, ...known])) return;
    const wrong = (names: string[], isRight: (given: unknown) => boolean): void => {
      const given = names.reduce<unknown>((inner, name) => field(inner, name), part);
      if (given !== undefined && !isRight(given)) paths.add([...path, ...names]);
    };
    wrong(['rerun_interrupted'], (given) => typeof given === 'boolean');
    wrong(['on_failure'], (given) => ['fail', 'wait', 'continue'].includes(given as string));
    for (const name of ['memory', 'time', 'infrastructure']) {
      const own = field(part, name);
      if (own === undefined) continue;
      const more = name === 'infrastructure' ? [] : ['factor', 'max'];
      if (!object(own, [...path, name], ['tries', ...more])) continue;
      wrong([name, 'tries'], isCount);
      if (more.length > 0) wrong([name, 'factor'], (given) => typeof given === 'number' && given > 1);
    }
    const codes = field(part, 'exit_codes');
    if (codes === undefined || !object(codes, [...path, 'exit_codes'], Object.keys(codes as object))) return;
    for (const [code, entry] of entriesOf(codes)) {
      const at = [...path, 'exit_codes', code];
      const number = /^[1-9]\d*$/.test(code) ? Number(code) : 0;
      if (number < 1 || number > 255 || (number > 128 && number < 193)) paths.add(at);
      if (object(entry, at, ['tries']) && !isCount(field(entry, 'tries'))) paths.add([...at, 'tries']);
    }
  };
  check(value, ['recovery'], ['tasks']);
  const tasks = field(value, 'tasks');
  if (tasks === undefined) return;
  if (!isObject(tasks)) return void paths.add(['recovery', 'tasks']);
  for (const [position, part] of entriesOf(tasks)) {
    check(part, ['recovery', 'tasks', position], []);
    const isPosition = String(Number(position)) === position && Number.isInteger(Number(position));
    if (count !== null && !(isPosition && Number(position) >= 0 && Number(position) < count))
      paths.add(['recovery', 'tasks', position]);
  }
};

/** What holds for a task: its own word, else that of the run, else nothing. */
const policyIn = (recovery: unknown, position: number): OraclePolicy => {
  const own = field(field(recovery, 'tasks'), String(position));
  const say = <T>(names: string[], otherwise: T): T => {
    for (const part of [own, recovery]) {
      const given = names.reduce<unknown>((inner, name) => field(inner, name), part);
      if (given !== undefined) return given as T;
    }
    return otherwise;
  };
  const codes = [recovery, own].flatMap((part) => entriesOf(field(part, 'exit_codes') ?? {}));
  return {
    rerun: say(['rerun_interrupted'], false),
    memory: { tries: say(['memory', 'tries'], 0), factor: say(['memory', 'factor'], 2) },
    time: { tries: say(['time', 'tries'], 0), factor: say(['time', 'factor'], 2) },
    infrastructure: say(['infrastructure', 'tries'], null),
    onFailure: say(['on_failure'], 'fail'),
    exitCodes: Object.fromEntries(codes.map(([code, entry]) => [code, field(entry, 'tries') as number])),
  };
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
  const policyOf = (task: OracleTask): OraclePolicy => policyIn(recovery, tasks.indexOf(task));
  return {
    paths: null,
    request: {
      ...dataset,
      tasks: tasks.slice(first, last + 1),
      typeFilters,
      attributeFilters: attributes,
      policyOf,
    },
  };
};
