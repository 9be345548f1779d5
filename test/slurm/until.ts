import { setTimeout as delay } from 'node:timers/promises';

/** How often a condition is asked for; a cluster's own steps take about a second. */
const pollMs = 200;

/**
 * Waits for a condition of a cluster.
 *
 * @throws when it isn't true within `limitMs`; the default allows for SLURM's 30 s rounds of limit checks.
 */
export const until = async (condition: () => Promise<boolean>, limitMs = 110_000): Promise<void> => {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not true within ${limitMs / 1000} s: ${condition.toString()}`);
    await delay(pollMs);
  }
};
