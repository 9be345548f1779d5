/**
 * Which failed units an operator's retry may run (docs/recovery.md). Pure.
 *
 * A unit that ended by itself is run again on the operator's word alone. One that was interrupted may have left its data in
 * any state: that it runs again must be said in so many words, or by raising the very limit that it reached.
 */
import type { ReachedLimit } from '../batch/contract.js';
import type { JsonObject } from '../wire/request.js';
import type { UnitCause } from '../wire/result.js';

const BY_ITSELF: ReadonlySet<UnitCause> = new Set(['exit', 'signal', 'invalid_output']);

/** Which limit ended a unit, and the key of `meta` that raises it. */
const limits: Partial<Record<UnitCause, { reached: ReachedLimit; raisedBy: 'mem' | 'time' }>> = {
  out_of_memory: { reached: 'memory', raisedBy: 'mem' },
  timeout: { reached: 'time', raisedBy: 'time' },
};

/** Of a unit's limits the one that it reached; null where no limit ended it. */
export const reachedLimit = (cause: UnitCause): ReachedLimit | null => limits[cause]?.reached ?? null;

/** @param cause what ended it when it had begun last; null: it has never begun. */
export const needsConsent = (
  cause: UnitCause | null,
  { meta, rerun_interrupted }: { meta: JsonObject; rerun_interrupted: boolean },
): boolean => {
  if (cause === null || BY_ITSELF.has(cause) || rerun_interrupted) return false;
  const limit = limits[cause];
  return limit === undefined || !Object.hasOwn(meta, limit.raisedBy);
};

/** How it may be allowed, in words. */
export const consentWords = (causes: ReadonlySet<UnitCause>): string => {
  const raised = [...causes].flatMap((cause) => limits[cause]?.raisedBy ?? []);
  const more = raised.length === 0 ? '' : `ask for more (meta: ${raised.join(', ')}), or `;
  return `${more}say that they may run again all the same (rerun_interrupted)`;
};

const indexRanges = (indices: readonly number[]): [number, number][] => {
  const ranges: [number, number][] = [];
  for (const index of indices) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges;
};

/** `3, 7-9, 12 and 4 more`: of ascending indices. */
export const indicesInWords = (indices: readonly number[], shown = 8): string => {
  const ranges = indexRanges(indices);
  const told = ranges.slice(0, shown);
  const rest = ranges.slice(shown).reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const text = told.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(', ');
  return rest === 0 ? text : `${text} and ${rest} more`;
};
