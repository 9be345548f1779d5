/** Why the batches of a run wait. */
import type { LiveProgress } from '../client/index.js';

/** Why batches wait, one text per reason; running ones have none. */
export const waitingReasons = ({ pending }: LiveProgress): string[] => {
  const reasons = pending.flatMap(({ batch, lastFailure, type }) => {
    if (batch !== null && batch.state === 'running') return [];
    const reason = batch?.reason ?? lastFailure;
    return reason ? [batch === null ? `${type}: ${reason}` : `batches ${batch.state}: ${reason}`] : [];
  });
  return [...new Set(reasons)];
};
