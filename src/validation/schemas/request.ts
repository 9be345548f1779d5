/** The request of `processWorkflow`, field by field (docs/request.md). */
import { z } from 'zod';
import type { AttributeValue } from '../../wire/request.js';
import { image, types } from './images.js';
import { hasControlCharacter } from '../../images/python-text.js';
import { leaf } from './leaf.js';
import { recovery } from './recovery.js';
import { absolutePath, integer, isAttributeValue, mapOf, nameText, nonEmptyName, url } from './scalars.js';
import { workflow } from './workflow.js';

const orNull = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value): z.output<T> | null => value ?? null);

const integerOrNull = orNull(integer);

const isHomogeneous = (values: unknown[]): values is AttributeValue[] =>
  values.every((value) => isAttributeValue(value) && typeof value === typeof values[0]);

/** Values of one type among number, string and boolean, at least one, for each attribute. */
const attributeFilters = mapOf(
  { type: 'array', minItems: 1, items: { type: ['number', 'string', 'boolean'] } },
  'a list, not empty, of numbers, of strings or of booleans',
  (value): AttributeValue[] | undefined =>
    Array.isArray(value) && value.length > 0 && isHomogeneous(value) ? value : undefined,
);

const shellLines = leaf({ type: 'string' }, (value, report) => {
  if (typeof value !== 'string') report('a string');
  else if (hasControlCharacter(value.replaceAll(/[\t\n]/g, '')))
    report('lines of text without control characters');
  else return value;
  return undefined;
});

/** A backend's name becomes part of the name of a task queue. */
const backendName = leaf({ type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]*$' }, (value, report) => {
  if (typeof value === 'string' && /^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(value)) return value;
  report('the name of a backend (letters, digits, "_", "." and "-")');
  return undefined;
});

export const dataset = z
  .object({
    id: integerOrNull,
    name: orNull(nameText),
    zarr_dir: url.describe('Folder of the images: new ones lie inside'),
    images: z.array(image).nullish(),
    images_file: orNull(absolutePath).describe(
      'A JSON array of images, or an object with images such as a result.json, that the worker reads instead of images',
    ),
  })
  .meta({ title: 'Dataset', description: "A dataset as Fractal's API returns it (DatasetV2)" });

export const request = z.strictObject({
  $schema: z.string().nullish().describe('Address of this schema, for editors; nothing is done with it'),
  workflow,
  dataset,
  workflow_dir_local: absolutePath.describe('Working directory of this run, its own'),
  workflow_dir_remote: orNull(absolutePath).describe("The same on the cluster's side"),
  first_task_index: integerOrNull.describe('Position of the first task to run; null: 0'),
  last_task_index: integerOrNull.describe('Position of the last task to run; null: the last'),
  job_id: integerOrNull.describe('Id of the run in the calling platform'),
  user_id: integerOrNull.describe('Id of the user in the calling platform'),
  logger_name: orNull(nameText).describe("Name of the run's logger"),
  job_attribute_filters: attributeFilters.nullish().describe('Only images with these attributes'),
  job_type_filters: types.nullish().describe('Only images of these types, until a task changes them'),
  backend: backendName
    .nullish()
    .transform((value) => value ?? 'local')
    .describe('What runs the units: local, slurm, or a registered other'),
  activity_task_queue: orNull(nonEmptyName).describe('Null: fractal-<backend>'),
  recovery: recovery.nullish(),
  continue_from: orNull(absolutePath).describe(
    'Directory of an earlier run of this workflow: what it has done is taken over',
  ),
  warm_start: z
    .boolean()
    .nullish()
    .describe(
      'Units of Python tasks may be forked from a warmed interpreter; meta warm_start of a task wins',
    ),
  exclusive: z
    .array(nonEmptyName)
    .nullish()
    .describe(
      'Units whose images agree in all of these attributes never run at once; meta exclusive of a task wins',
    ),
  worker_init: orNull(shellLines).describe('SLURM: shell lines before the units'),
  slurm_account: orNull(nonEmptyName).describe('SLURM: account of the jobs'),
  user_cache_dir: orNull(absolutePath).describe(
    "The user's cache folder: FRACTAL_CACHE_DIR of units; SLURM: folder of the user_local_exports",
  ),
});
