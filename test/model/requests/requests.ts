/** Random requests of `processWorkflow`, most of them right, some wrong in one way or two. */
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';
import type { Act } from '../oracle/operator.js';
import type { PlayedEnds } from '../task/ends.js';
import { mutated, mutation, type Mutation } from './mutations.js';
import { playedEnds } from './ends.js';
import { initPlays, singlePlays, unitPlays, type Plays } from './plays.js';
import { attributeName, attributesOf, knownUrl, rarely, typesOf, ZARR_DIR } from './scalars.js';

/** A request without its directory, and the content of its `images_file`, if it has one. */
export interface Case {
  request: JsonObject;
  imagesFile: JsonValue;
  /** What its operator does, each time that it is held. */
  acts?: Act[];
}

export const programFile = (name: string): string =>
  fileURLToPath(new URL(`../task/${name}`, import.meta.url));

/** `program` runs `file`; most of the time it is spelled as everybody would. */
export const commandOf = (program: string, file: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 60, arbitrary: fc.constant(`${program} ${file}`) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        `"${program}" ${file}`,
        ` '${program.slice(0, -2)}'${program.slice(-2)}  ${file}`,
      ),
    },
    // Missing, a folder, a file that is not executable.
    { weight: 1, arbitrary: fc.constantFrom('/no/such/program', 'no-such-program x', '/tmp', '/etc/passwd') },
  );
const nodeCommand = commandOf('node', programFile('play-unit.mjs'));

/** Arguments of the user's own: they reach the unit as they are. */
const userArguments: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom('n', 'text', 'deep', '__proto__', 'zarr url'),
  fc.constantFrom<JsonValue>(
    ...[
      1,
      1.5,
      true,
      null,
      'ü',
      'a\tb\nc',
      `it's "x" $y`,
      'a\u2028b',
      { k: [1, { l: null }] },
      [],
      '\u0000',
      '\\n',
    ],
  ),
  { maxKeys: 2, noNullPrototype: true },
);

const image: fc.Arbitrary<JsonObject> = fc.record(
  {
    zarr_url: knownUrl,
    origin: fc.option(knownUrl),
    attributes: attributesOf(3),
    types: typesOf(2),
  },
  { requiredKeys: ['zarr_url', 'attributes'], noNullPrototype: true },
);

/** Urls that differ when spelled: the same one twice is for the mutations. */
const imageList = (minLength: number): fc.Arbitrary<JsonObject[]> =>
  fc.uniqueArray(image, {
    minLength,
    maxLength: 5,
    selector: ({ zarr_url: url }) =>
      (url as string)
        .split('/')
        .map((part) => part.trim())
        .filter((part) => part !== '' && part !== '.')
        .at(-1),
  });

const images = fc.oneof({ weight: 9, arbitrary: imageList(2) }, { weight: 1, arbitrary: imageList(0) });

/** Like a workflow that somebody has thought about: what a task asks for, an earlier one may have made. */
const types = rarely(4, {}, typesOf(1));

const sometimes = (meta: JsonObject): fc.Arbitrary<JsonObject> =>
  fc.constantFrom<JsonObject>({}, {}, meta, { ...meta, units_per_batch: 1 }, { ...meta, units_per_batch: 2 });

/** Contradictions are for the mutations. */
const agreeing = (filters: Record<string, boolean>, input: Record<string, boolean>): JsonObject => {
  const taken = Object.keys(input).map((key) => key.trim());
  return Object.fromEntries(Object.entries(filters).filter(([key]) => !taken.includes(key.trim())));
};

const withEnds = (meta: JsonObject, ends: PlayedEnds | null): JsonObject =>
  ends === null ? meta : { ...meta, ends: ends as unknown as JsonValue };

const task = (real: boolean, command: fc.Arbitrary<string>): fc.Arbitrary<JsonObject> =>
  fc
    .record({
      type: fc.oneof(
        { weight: 4, arbitrary: fc.constant('parallel') },
        { weight: 3, arbitrary: fc.constant('compound') },
        {
          weight: 2,
          arbitrary: fc.constantFrom('non_parallel', 'converter_non_parallel', 'converter_compound'),
        },
      ),
      id: fc.option(fc.nat({ max: 99 })),
      name: rarely(5, 'Task', fc.constantFrom('Project Image (HCS Plate)', 'É/..', '-', '$(touch x)')),
      single: command,
      many: command,
      argsSingle: userArguments,
      argsMany: userArguments,
      init: initPlays,
      one: singlePlays,
      units: unitPlays,
      meta: sometimes({}),
      taskMeta: sometimes({ parallel_tasks_per_job: 2 }),
      input: types,
      output: rarely(3, {}, typesOf(2)),
      filters: rarely(8, {}, typesOf(1)),
      endsSingle: rarely(3, null, playedEnds),
      endsMany: playedEnds,
    })
    .map((spec) => {
      const isCompound = spec.type.endsWith('compound');
      const hasSingle = spec.type !== 'parallel';
      const hasMany = spec.type === 'parallel' || isCompound;
      const plays = (own: Plays): JsonObject => ({ plays: own as unknown as JsonValue });
      return {
        id: spec.id,
        task_type: spec.type,
        args_non_parallel: hasSingle
          ? { ...spec.argsSingle, ...plays(isCompound ? spec.init : spec.one) }
          : null,
        args_parallel: hasMany ? { ...spec.argsMany, ...plays(spec.units) } : null,
        meta_non_parallel: real ? { real } : withEnds({}, spec.endsSingle),
        meta_parallel: real ? { ...spec.meta, real } : withEnds(spec.meta, spec.endsMany),
        type_filters: agreeing(spec.filters, spec.input),
        task: {
          name: spec.name,
          type: spec.type,
          command_non_parallel: hasSingle ? spec.single : null,
          command_parallel: hasMany ? spec.many : null,
          input_types: spec.input,
          output_types: spec.output,
          meta_parallel: spec.taskMeta,
        },
      };
    });

const range = fc.tuple(
  fc.option(fc.nat({ max: 3 }), { freq: 2 }),
  fc.option(fc.nat({ max: 3 }), { freq: 2 }),
);

const mayRerun = fc.oneof(
  { weight: 3, arbitrary: fc.constant(true) },
  { weight: 1, arbitrary: fc.constant(false) },
);

const limit = fc.record(
  { tries: fc.nat({ max: 2 }), factor: fc.constantFrom(1.5, 2, 3), max: fc.constant(null) },
  { requiredKeys: [], noNullPrototype: true },
);

const exitCodes: fc.Arbitrary<JsonObject> = fc.dictionary(
  fc.constantFrom('75', '3', '200'),
  fc.record({ tries: fc.nat({ max: 3 }) }, { noNullPrototype: true }),
  { maxKeys: 2, noNullPrototype: true },
);

const rules = {
  rerun_interrupted: mayRerun,
  memory: limit,
  time: limit,
  infrastructure: fc.record({ tries: fc.nat({ max: 7 }) }, { requiredKeys: [], noNullPrototype: true }),
  exit_codes: exitCodes,
  on_failure: fc.constantFrom('fail', 'continue', 'continue'),
};

/** Of the run, or of some of its tasks. */
const recovery: fc.Arbitrary<JsonObject> = fc.record(
  {
    ...rules,
    tasks: rarely<JsonObject>(
      3,
      {},
      fc.dictionary(
        fc.constantFrom('0', '1'),
        fc.record(rules, { requiredKeys: [], noNullPrototype: true }),
        { maxKeys: 2, noNullPrototype: true },
      ),
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const attributeFilters: fc.Arbitrary<JsonObject> = fc.dictionary(
  attributeName,
  fc.oneof(
    fc.subarray(['A01', 'A02', '1', ''], { minLength: 1 }),
    fc.subarray([0, 1, 1.5, -1], { minLength: 1 }),
    fc.subarray([true, false], { minLength: 1 }),
  ),
  { minKeys: 1, maxKeys: 2, noNullPrototype: true },
);

/** Only positions that there are: others are for the mutations. */
const forTasks = ({ tasks, ...rest }: JsonObject, count: number): JsonObject => {
  if (tasks === undefined) return rest;
  const kept = Object.entries(tasks as JsonObject).filter(([position]) => Number(position) < count);
  return { ...rest, tasks: Object.fromEntries(kept) };
};

/** @param real its units are processes of the real local executor. */
export const caseOf = (real: boolean, command = nodeCommand): fc.Arbitrary<Case> =>
  fc
    .record({
      tasks: fc.array(task(real, command), { minLength: 1, maxLength: 4 }),
      orders: fc.shuffledSubarray([0, 1, 2, 3, 5, 9, 10], { minLength: 4, maxLength: 4 }),
      images,
      inFile: rarely(15, false, fc.constant(true)),
      zarrDir: rarely(10, ZARR_DIR, fc.constantFrom(` ${ZARR_DIR}/`, '/z', '/', 's3://b/d')),
      range: rarely<[number | null, number | null]>(4, [null, null], range),
      filters: rarely<JsonObject>(8, {}, attributeFilters),
      types: rarely<Record<string, boolean>>(8, {}, typesOf(1)),
      recovery: rarely<JsonObject | null>(2, null, recovery),
      mutations: rarely<Mutation[]>(6, [], fc.array(mutation, { minLength: 1, maxLength: 2 })),
    })
    .map(({ tasks, orders, mutations, ...spec }) => {
      const list = tasks.map((one, index) => ({ ...one, order: orders[index] ?? index }));
      const last = list.length - 1;
      const within = (index: number | null): number | null => (index === null ? null : Math.min(index, last));
      const [first, end] = [within(spec.range[0]), within(spec.range[1])];
      const request: JsonObject = {
        workflow: { name: 'Model', task_list: list },
        dataset: { zarr_dir: spec.zarrDir, ...(spec.inFile ? {} : { images: spec.images }) },
        first_task_index: first,
        last_task_index: first !== null && end !== null && end < first ? null : end,
        job_attribute_filters: spec.filters,
        job_type_filters: spec.types,
        ...(spec.recovery === null ? {} : { recovery: forTasks(spec.recovery, list.length) }),
      };
      return mutated({ request, imagesFile: spec.inFile ? spec.images : null }, mutations);
    });
