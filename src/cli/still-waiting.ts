/** Says what is missing while something is waited for: as often as it changes, and no more often. */
import { aborted, pause } from './signals.js';

/**
 * The lines as they are now, said where they are others than before.
 *
 * @param told what this gave last; empty at first.
 */
export const sayMissing = (lines: readonly string[], told: string, note: (line: string) => void): string => {
  const key = lines.join('\n');
  if (key === told) return told;
  for (const line of lines) note(`${line} Still waiting.`);
  if (key === '') note('A worker has come.');
  return key;
};

/**
 * Looks again and again until `signal` is aborted: a server remembers a worker that was killed for more than a minute,
 * so that the first look finds nothing missing.
 *
 * @param look what is missing, a line each; what it fails of is no matter of whoever waits.
 */
export const whileWaiting = async (
  look: () => Promise<readonly string[]>,
  note: (line: string) => void,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const stopped = aborted(signal);
  let told = '';
  for (;;) {
    await pause(everyMs, signal);
    const lines = signal.aborted ? undefined : await Promise.race([look().catch(() => null), stopped]);
    if (lines === undefined || signal.aborted) return;
    if (lines !== null) told = sayMissing(lines, told, note);
  }
};
