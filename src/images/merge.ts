/** The outputs of a task's units as one output (docs/semantics.md, "Merging"). */
import { equalityKey } from '../wire/canonical-json.js';
import type { ImageUpdate, TaskOutput } from '../wire/task-output.js';
import { MAX_URLS_IN_MESSAGE } from './tunables.js';

/** The outputs contradict each other about an image; `message` names the urls. */
export class MergeConflict extends Error {
  override readonly name = 'MergeConflict';

  constructor(readonly urls: string[]) {
    const shown = urls.slice(0, MAX_URLS_IN_MESSAGE);
    const rest = urls.length - shown.length;
    super(
      'The outputs of the units contradict each other: updated twice with different content, ' +
        `or both updated and removed: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`,
    );
  }
}

/**
 * Updates in the order of `outputs`, exact repetitions dropped (Python's equality, the first is kept); removals as a
 * set. Linear in the number of updates.
 *
 * @throws MergeConflict when an image is updated twice with different content, or both updated and removed.
 */
export const mergeOutputs = (outputs: Iterable<TaskOutput>): TaskOutput => {
  const known = new Map<string, ImageUpdate>();
  const updates: ImageUpdate[] = [];
  const removals = new Set<string>();
  const conflicts = new Set<string>();
  for (const output of outputs) {
    for (const update of output.image_list_updates) {
      const first = known.get(update.zarr_url);
      if (first === undefined) {
        known.set(update.zarr_url, update);
        updates.push(update);
      } else if (equalityKey(first) !== equalityKey(update)) conflicts.add(update.zarr_url);
    }
    for (const url of output.image_list_removals) removals.add(url);
  }
  for (const url of removals) if (known.has(url)) conflicts.add(url);
  if (conflicts.size > 0) throw new MergeConflict([...conflicts]);
  return { image_list_updates: updates, image_list_removals: [...removals] };
};
