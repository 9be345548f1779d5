/** What a unit returns through `--out-json`, after validation and normalisation (docs/tasks.md). */
import type { AttributeValue, JsonObject } from './request.js';

export interface ImageUpdate {
  zarr_url: string;
  origin: string | null;
  /** `null` deletes the attribute. */
  attributes: Record<string, AttributeValue | null>;
  types: Record<string, boolean>;
}

export interface TaskOutput {
  image_list_updates: ImageUpdate[];
  image_list_removals: string[];
}

export interface ParallelizationItem {
  zarr_url: string;
  init_args: JsonObject;
}

export interface InitOutput {
  parallelization_list: ParallelizationItem[];
}
