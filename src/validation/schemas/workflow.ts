/** A workflow as Fractal's API returns it: the fields that a run needs, the others are ignored. */
import { z } from 'zod';
import type { TaskType } from '../../wire/request.js';
import { types } from './images.js';
import { count, integer, jsonObject, nameText, nonEmptyName } from './scalars.js';

export const TASK_TYPES = [
  'non_parallel',
  'parallel',
  'compound',
  'converter_non_parallel',
  'converter_compound',
] as const satisfies readonly TaskType[];

const objectOrNull = jsonObject.nullish().transform((value) => value ?? {});
const typesOrNull = types.nullish().transform((value) => value ?? {});
const command = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const taskType = z.enum(TASK_TYPES);

/** A task: what is run, on which images, and what it makes of them. */
export const task = z
  .object({
    name: nonEmptyName,
    type: taskType,
    command_non_parallel: command.describe('Runs once: the single part, or the init of a compound'),
    command_parallel: command.describe('Runs per image, or per item of the init'),
    input_types: typesOrNull.describe('Types of the images that the task can work on'),
    output_types: typesOrNull.describe('Types that every image it touches has afterwards'),
    meta_non_parallel: objectOrNull.describe('Resources of the single or init part'),
    meta_parallel: objectOrNull.describe('Resources of the compute part'),
  })
  .meta({ title: 'Task' });

/** One use of a task in a workflow. */
export const workflowTask = z
  .object({
    id: integer.nullish().transform((value) => value ?? null),
    order: count.describe('Place in the workflow; no two are equal'),
    alias: z
      .string()
      .nullish()
      .transform((value) => value?.replace(/\p{Cc}+/gu, ' ').trim() || null)
      .describe("The user's own name of it, shown beside the task's"),
    task_type: taskType.describe("The same as the task's type"),
    args_non_parallel: objectOrNull.describe("The user's arguments of the single or init part"),
    args_parallel: objectOrNull.describe("The user's arguments of the compute part"),
    meta_non_parallel: objectOrNull.describe("Overrides the task's, key by key"),
    meta_parallel: objectOrNull.describe("Overrides the task's, key by key"),
    type_filters: typesOrNull.describe("Further types that the task's images must have"),
    task,
  })
  .meta({ title: 'Workflow-task' });

export const workflow = z
  .object({ name: nameText, task_list: z.array(workflowTask).min(1) })
  .meta({ title: 'Workflow', description: "A workflow as Fractal's API returns it (WorkflowReadV2)" });
