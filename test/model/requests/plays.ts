/** What units do and leave behind: outputs of every valid and invalid kind. */
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../../src/wire/request.js';
import type { Play, PlayOutput } from '../task/play.mjs';
import { withRepetitions } from './repetitions.js';
import { anyUrl, attributeName, knownUrl, plainUrl, rarely, scalar, typeName } from './scalars.js';

const spelledBoolean = fc.constantFrom<JsonValue>(
  ...[true, false, 1, 0, 'true', 'False', 'YES', 'no', 'On', 'off', 't', 'F', 'y', 'n', '1', '0'],
);
const noBoolean = fc.constantFrom<JsonValue>(2, 'maybe', '', ' true', null, [], {}, 0.5);
const noScalar = fc.constantFrom<JsonValue>([], {}, ['A01']);

const optional = (
  members: Record<string, fc.Arbitrary<JsonValue>>,
  required: string[],
): fc.Arbitrary<JsonObject> =>
  fc.record(members, {
    requiredKeys: required as never[],
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>;

const updateAttributes = fc.dictionary(
  attributeName,
  fc.oneof(
    { weight: 20, arbitrary: scalar },
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: noScalar },
  ),
  { maxKeys: 2, noNullPrototype: true },
);
const updateTypes = fc.dictionary(
  typeName,
  fc.oneof(
    { weight: 10, arbitrary: fc.boolean() },
    { weight: 8, arbitrary: spelledBoolean },
    { weight: 1, arbitrary: noBoolean },
  ),
  { maxKeys: 2, noNullPrototype: true },
);

const update: fc.Arbitrary<JsonObject> = optional(
  {
    zarr_url: anyUrl,
    origin: fc.oneof(
      { weight: 4, arbitrary: knownUrl },
      { weight: 2, arbitrary: fc.constant(null) },
      { weight: 1, arbitrary: anyUrl },
    ),
    attributes: fc.oneof(
      { weight: 30, arbitrary: updateAttributes },
      { weight: 1, arbitrary: fc.constantFrom<JsonValue>(null, [], 'x') },
    ),
    types: updateTypes,
    unknown: fc.constantFrom<JsonValue>(1, { deep: [null] }),
  },
  ['zarr_url'],
);

/** Most units say nothing of another's image, or no run would get past its first task. */
const taskOutput: fc.Arbitrary<JsonObject> = optional(
  {
    image_list_updates: fc.oneof(
      { weight: 4, arbitrary: fc.array(update, { maxLength: 3 }) },
      { weight: 1, arbitrary: withRepetitions(fc.array(update, { maxLength: 2 })) },
    ),
    image_list_removals: rarely<JsonValue[]>(
      3,
      [],
      fc.array(fc.oneof(knownUrl, anyUrl), { minLength: 1, maxLength: 2 }),
    ),
  },
  ['image_list_updates'],
);

/** An image that is updated and removed at once, as a rule one that is there. */
const contradiction: fc.Arbitrary<JsonObject> = fc
  .record({ url: knownUrl, spelled: fc.constantFrom('', '/') })
  .map(({ url, spelled }) => ({
    image_list_updates: [{ zarr_url: url }],
    image_list_removals: [`${url as string}${spelled}`],
  }));

const initArgs = fc.dictionary(
  fc.constantFrom('k', 'l', '__proto__'),
  fc.oneof(scalar, fc.constantFrom<JsonValue>(null, [1, true], [1, 1], { k: 1 }, { k: true })),
  { maxKeys: 2, noNullPrototype: true },
);
const item: fc.Arbitrary<JsonObject> = optional({ zarr_url: knownUrl, init_args: initArgs }, ['zarr_url']);
const oddItem = fc.constantFrom<JsonValue>(
  ...[
    null,
    '/z/d/a',
    { init_args: {} },
    { zarr_url: '/z/d/a', init_args: null },
    { zarr_url: '/z/d/a', more: 1 },
  ],
);

/** Repetitions are the point. */
const list: fc.Arbitrary<JsonObject> = withRepetitions(
  fc.array(fc.oneof({ weight: 40, arbitrary: item }, { weight: 1, arbitrary: oddItem }), { maxLength: 4 }),
).map((items) => ({ parallelization_list: items }));

const invalidJson = fc.constantFrom<JsonValue>(
  ...[
    false,
    0,
    '',
    'text',
    [],
    [{}],
    { unknown: 1 },
    { image_list_updates: null },
    { image_list_removals: {} },
  ],
  ...[{ image_list_updates: [null] }, { image_list_updates: [{}] }, { parallelization_list: 3 }],
  { image_list_updates: [], parallelization_list: [] },
);

/** Written down by hand: as a part of the arguments it would be too deep for these, too. */
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const withValue = (text: string): string =>
  `{"image_list_updates": [{"zarr_url": "/z/d/a", "attributes": {"n": ${text}}}]}`;

const text = fc.constantFrom(
  ...[
    '',
    ' ',
    'null',
    ' null\n',
    'true',
    '{',
    '{}',
    '{} {}',
    "{'image_list_updates': []}",
    '{"a": 1,}',
    '\ufeff{}',
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '1e999',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
  ].map(withValue),
  ...[
    '1.0',
    '-0',
    '1E2',
    '12345678901234567890',
    '0.1e-400',
    '"9007199254740993"',
    '01',
    '.5',
    '"\\ud800"',
    '"\t"',
  ].map(withValue),
  '{"image_list_updates": [{"zarr_url": "/z/d/a", "types": {"3D": true}, "types": {"3D": false}}]}',
  `{"parallelization_list": [{"zarr_url": "/z/d/a", "init_args": {"deep": ${nested(499)}}}]}`,
  `{"parallelization_list": [{"zarr_url": "/z/d/a", "init_args": {"deep": ${nested(500)}}}]}`,
  `{"image_list_updates": [{"zarr_url": "/z/d/a", "ignored": ${nested(1500)}}]}`,
);

const bytes = fc.constantFrom(
  Buffer.from(withValue('"ü"'), 'utf8').toString('hex'),
  // Not UTF-8: read as if it were, it would be another text.
  Buffer.from(withValue('"ü"'), 'latin1').toString('hex'),
);

const file: fc.Arbitrary<PlayOutput> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ text }) },
  { weight: 4, arbitrary: fc.record({ json: invalidJson }) },
  { weight: 1, arbitrary: fc.record({ hex: bytes }) },
  { weight: 1, arbitrary: fc.record({ link: fc.constantFrom('{}', 'null', 'no json', withValue('3')) }) },
  { weight: 1, arbitrary: fc.constant<PlayOutput>({ dangling: true }) },
  { weight: 1, arbitrary: fc.constant<PlayOutput>({ loop: true }) },
  { weight: 1, arbitrary: fc.constant<PlayOutput>({ folder: true }) },
  { weight: 1, arbitrary: fc.constant<PlayOutput>({ unreadable: true }) },
  { weight: 1, arbitrary: fc.constant<PlayOutput>({ fifo: true }) },
  {
    weight: 1,
    arbitrary: fc.constant<PlayOutput>({
      padded: {
        spaces: 3_000_000,
        json: { image_list_updates: [{ zarr_url: '/z/d/a', attributes: { n: 'x'.repeat(100_000) } }] },
      },
    }),
  },
);

const failing: fc.Arbitrary<Play> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ exit: fc.constantFrom(1, 2, 75, 126, 127, 128, 129, 137, 143, 192, 193, 255) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      signal: fc.constantFrom('SIGKILL' as const, 'SIGTERM' as const, 'SIGSEGV' as const),
    }),
  },
);

const playWith = (output: fc.Arbitrary<JsonObject>, speaks: number): fc.Arbitrary<Play> =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant<Play>({}) },
    { weight: speaks, arbitrary: output.map((json): Play => ({ out: { json } })) },
    { weight: 3, arbitrary: file.map((out): Play => ({ out })) },
    { weight: 2, arbitrary: failing },
    { weight: 2, arbitrary: output.map((json): Play => ({ exits: [75], out: { json } })) },
    { weight: 2, arbitrary: fc.constantFrom<Play>({ exits: [75, 75] }, { exits: [75, 3] }, { exit: 75 }) },
    {
      weight: 1,
      arbitrary: fc.tuple(failing, output).map(([end, json]): Play => ({ ...end, out: { json } })),
    },
    { weight: 1, arbitrary: fc.constant<Play>({ log: 'what a task says' }) },
  );

const unitPlay = playWith(taskOutput, 16);
const initPlay = playWith(list, 150);

export type Plays = Record<string, Play>;

export const initPlays: fc.Arbitrary<Plays> = fc.record({ '*': initPlay });
const singleOutput = fc.oneof({ weight: 12, arbitrary: taskOutput }, { weight: 1, arbitrary: contradiction });
export const singlePlays: fc.Arbitrary<Plays> = fc.record({ '*': playWith(singleOutput, 40) });
/** By image; those not named say nothing. */
export const unitPlays: fc.Arbitrary<Plays> = fc.dictionary(plainUrl, unitPlay, {
  maxKeys: 3,
  noNullPrototype: true,
});
