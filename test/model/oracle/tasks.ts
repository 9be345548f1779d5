/** A request's workflow-tasks (docs/request.md, docs/semantics.md). */
import type { JsonObject } from '../../../src/wire/request.js';
import { booleans, type Path, type Paths } from './paths.js';
import { field, hasControl, isObject, strip, type Dict } from './values.js';

export interface OracleTask {
  id: number | null;
  order: number;
  name: string;
  type: string;
  commands: { single: string; many: string };
  argsSingle: JsonObject;
  argsMany: JsonObject;
  metaSingle: JsonObject;
  metaMany: JsonObject;
  inputTypes: Dict<boolean>;
  outputTypes: Dict<boolean>;
  typeFilters: Dict<boolean>;
}

const TYPES = ['non_parallel', 'parallel', 'compound', 'converter_non_parallel', 'converter_compound'];
const FORBIDDEN = '`#$&*()\\|[]{};<>?!';
const RESERVED = ['zarr_dir', 'zarr_url', 'zarr_urls', 'init_args'];
const LONGEST_NAME_BYTES = 255;

export const hasManyPart = (type: string): boolean => !type.endsWith('non_parallel');
export const hasSinglePart = (type: string): boolean => type !== 'parallel';

/** Words of a command, quotes gone; null when a quote is open. */
export const words = (command: string): string[] | null => {
  const found: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (const character of command) {
    if (quote === '' && ' \t\r\n'.includes(character)) {
      if (word !== null) found.push(word);
      word = null;
    } else if (quote === '' && `"'`.includes(character)) {
      quote = character;
      word ??= '';
    } else if (character === quote) quote = '';
    else word = (word ?? '') + character;
  }
  if (quote !== '') return null;
  return word === null ? found : [...found, word];
};

export const folderName = (order: number, name: string): string =>
  `${order}_${[...name.toLowerCase()].map((c) => (`!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~ \t\n\r\v\f`.includes(c) ? '_' : c)).join('')}`;

const isCommand = (value: unknown): value is string => {
  if (typeof value !== 'string' || [...value].some((c) => FORBIDDEN.includes(c))) return false;
  const parts = words(value);
  return parts !== null && (parts[0] ?? '') !== '' && !parts.some(hasControl);
};

const checkTask = (value: unknown, path: Path, paths: Paths): OracleTask | null => {
  const task = field(value, 'task');
  if (!isObject(value)) return paths.add(path);
  if (
    isObject(task) &&
    'pkg_name' in task &&
    !('command_parallel' in task) &&
    !('command_non_parallel' in task)
  )
    return paths.add([...path, 'task']);
  const at = (...more: string[]): Path => [...path, ...more];
  const id = field(value, 'id') ?? null;
  if (id !== null && !Number.isSafeInteger(id)) paths.add(at('id'));
  const order = field(value, 'order');
  if (!Number.isSafeInteger(order) || (order as number) < 0) paths.add(at('order'));
  const type = field(value, 'task_type');
  if (!TYPES.includes(type as string)) paths.add(at('task_type'));
  const objectOrNull = (holder: unknown, name: string, where: Path): JsonObject => {
    const found = field(holder, name) ?? {};
    if (!isObject(found)) paths.add([...where, name]);
    return found as JsonObject;
  };
  const [argsSingle, argsMany] = ['args_non_parallel', 'args_parallel'].map((name) => {
    const args = objectOrNull(value, name, path);
    for (const key of Object.keys(args)) if (RESERVED.includes(strip(key))) paths.add(at(name, key));
    return args;
  }) as [JsonObject, JsonObject];
  const metaSingle = objectOrNull(value, 'meta_non_parallel', path);
  const metaMany = objectOrNull(value, 'meta_parallel', path);
  const typeFilters = booleans(field(value, 'type_filters') ?? {}, at('type_filters'), paths);
  if (!isObject(task)) return paths.add(at('task'));
  const taskMetaSingle = objectOrNull(task, 'meta_non_parallel', at('task'));
  const taskMetaMany = objectOrNull(task, 'meta_parallel', at('task'));
  const name = field(task, 'name');
  if (typeof name !== 'string' || strip(name) === '' || hasControl(name)) paths.add(at('task', 'name'));
  else if (
    Number.isSafeInteger(order) &&
    Buffer.byteLength(folderName(order as number, name)) > LONGEST_NAME_BYTES
  )
    paths.add(at('task', 'name'));
  const taskType = field(task, 'type');
  // Text or null, whatever the type runs; what it runs has to be a command.
  for (const command of ['command_non_parallel', 'command_parallel'])
    if (!['string', 'undefined'].includes(typeof (field(task, command) ?? undefined)))
      paths.add(at('task', command));
  if (!TYPES.includes(taskType as string)) paths.add(at('task', 'type'));
  else {
    if (TYPES.includes(type as string) && type !== taskType) paths.add(at('task_type'));
    if (hasSinglePart(taskType as string) && !isCommand(field(task, 'command_non_parallel')))
      paths.add(at('task', 'command_non_parallel'));
    if (hasManyPart(taskType as string) && !isCommand(field(task, 'command_parallel')))
      paths.add(at('task', 'command_parallel'));
  }
  const inputTypes = booleans(field(task, 'input_types') ?? {}, at('task', 'input_types'), paths);
  const outputTypes = booleans(field(task, 'output_types') ?? {}, at('task', 'output_types'), paths);
  for (const [key, wanted] of typeFilters ?? [])
    if (inputTypes?.has(key) === true && inputTypes.get(key) !== wanted) paths.add(at('type_filters', key));
  return {
    ...{ id: id as number | null, order: order as number, name: name as string, type: type as string },
    commands: {
      single: field(task, 'command_non_parallel') as string,
      many: field(task, 'command_parallel') as string,
    },
    ...{ argsSingle, argsMany, metaSingle: { ...taskMetaSingle, ...metaSingle } },
    metaMany: { ...taskMetaMany, ...metaMany },
    ...{ inputTypes: inputTypes ?? new Map(), outputTypes: outputTypes ?? new Map() },
    typeFilters: typeFilters ?? new Map(),
  };
};

export const checkTasks = (workflow: unknown, paths: Paths): OracleTask[] | null => {
  if (!isObject(workflow)) return paths.add(['workflow']);
  const name = field(workflow, 'name');
  if (typeof name !== 'string' || hasControl(name)) paths.add(['workflow', 'name']);
  const list = field(workflow, 'task_list');
  if (!Array.isArray(list) || list.length === 0) return paths.add(['workflow', 'task_list']);
  const tasks = list.map((task, index) => checkTask(task, ['workflow', 'task_list', index], paths));
  list.forEach((task: unknown, index) => {
    const earlier = list.slice(0, index) as unknown[];
    const order = field(task, 'order');
    if (typeof order === 'number' && earlier.some((other) => field(other, 'order') === order))
      paths.add(['workflow', 'task_list', index, 'order']);
  });
  return tasks.filter((task) => task !== null).sort((left, right) => left.order - right.order);
};
