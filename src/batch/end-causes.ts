/**
 * Why a batch ended, as far as its scheduler knows. `completed` and `failed` only say how the script itself
 * ended; what became of the units stands in the journal. `node` is infrastructure: node failure, preemption, vanished,
 * machine rebooted; units never started run again.
 */
export const END_CAUSES = [
  'completed',
  'failed',
  'signal',
  'out_of_memory',
  'timeout',
  'node',
  'cancelled',
] as const;

export type EndCause = (typeof END_CAUSES)[number];
