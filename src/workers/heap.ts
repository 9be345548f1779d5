/** How the heap of a worker's process grows. */
import { setFlagsFromString } from 'node:v8';
import { HEAP_GROWTH_PERCENT } from './tunables.js';

/**
 * For the program, at its start; it concerns the whole process, so a library must not call it.
 * V8 lets garbage grow to several times what is alive before it looks, which for an image list of 100,000 is
 * hundreds of MiB that stay resident; looking more often costs a quarter of the time to apply it (docs/performance.md).
 */
export const growHeapSlowly = (): void => {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
};
