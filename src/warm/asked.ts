/** Whether the units of a task may be forked from a warm interpreter (docs/warm-start.md, "Who asks"). Pure. */
import { LayoutError } from '../batch/errors.js';
import type { BatchLayout, LayoutInput } from '../batch/contract.js';

/**
 * A task's meta `warm_start` wins; else the request or the worker's configuration asks for it.
 *
 * @throws LayoutError when the task's meta is no boolean; null counts as not given.
 */
const isAsked = ({ meta, warmStart = false }: LayoutInput, configured: boolean): boolean => {
  const own = meta['warm_start'] ?? null;
  if (own === null) return warmStart || configured;
  if (typeof own === 'boolean') return own;
  throw new LayoutError(`meta warm_start: expected true or false, got ${JSON.stringify(own)}`);
};

/** The layout with what has been asked on record; as it was where nobody asks. */
export const withWarmStart = (layout: BatchLayout, input: LayoutInput, configured: boolean): BatchLayout =>
  isAsked(input, configured) ? { ...layout, warm: true } : layout;
