/** Names of a task's folder and of its units' files, as Fractal's users know them (docs/files.md). */

const punctuationOrSpace = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~ \t\n\r\v\f]/g;

/** Digits of the batch number and of the unit's index in a file name; Fractal's own widths. */
const BATCH_DIGITS = 6;
const INDEX_DIGITS = 7;

/** Lower case, each ASCII punctuation or space character as `_`: `Project Image (HCS Plate)` -> `project_image__hcs_plate_`. */
export const taskSlug = (name: string): string => name.toLowerCase().replace(punctuationOrSpace, '_');

/** The folder of a workflow-task within the run's directory. */
export const taskFolder = (order: number, name: string): string => `${order}_${taskSlug(name)}`;

/**
 * What the names of a unit's files begin with (`{stem}-args.json`, `{stem}-metadiff.json`, `{stem}-log.txt`).
 *
 * @param batch as first planned, from 0; of no meaning for the single or init part.
 * @param index of the unit in its task, from 0.
 */
export const stem = (
  component: 'non_parallel' | 'init' | 'parallel' | 'compute',
  batch: number,
  index: number,
): string =>
  component === 'non_parallel' || component === 'init'
    ? 'non_par-'
    : `par-${String(batch).padStart(BATCH_DIGITS, '0')}-${String(index).padStart(INDEX_DIGITS, '0')}`;
