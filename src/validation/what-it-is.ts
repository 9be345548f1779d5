/**
 * What stands in the place of something else: a Fractal server and this runner hand out many kinds of JSON, and a person takes
 * one for another. Pure.
 */
import { isJsonObject } from './schemas/leaf.js';

const has = (value: Record<string, unknown>, ...names: string[]): boolean =>
  names.every((name) => name in value);

const SHOWN_CHARACTERS = 80;

/** In words; null where it is nothing that is known. */
export const whatItIs = (value: unknown): string | null => {
  if (!isJsonObject(value)) return null;
  if (has(value, 'task_runs', 'status')) return 'the result of a run';
  if (has(value, 'workflow', 'dataset')) return 'a request';
  if (has(value, 'task_list')) return 'a workflow';
  if (has(value, 'total_count') && ('images' in value || 'items' in value)) return 'a page of an image query';
  if (has(value, 'zarr_dir'))
    return 'images' in value ? 'a dataset with its images' : 'a dataset without images';
  if (has(value, 'zarr_url')) return 'one image';
  const { detail } = value;
  if (typeof detail === 'string' && Object.keys(value).length === 1)
    return `an error of a Fractal server: ${JSON.stringify(detail.slice(0, SHOWN_CHARACTERS))}`;
  return null;
};
