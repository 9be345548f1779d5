/**
 * What a run takes over from the earlier one that it continues (docs/continuing.md): decided once, when it is opened, and
 * complete in itself, so that the earlier directory is not needed again.
 */
import type { TakenTasks } from '../wire/activities.js';
import type { ImagesReference, RunReference } from '../wire/stages.js';
import type { FileReference } from '../wire/failure.js';
import type { JsonObject } from '../wire/request.js';
import type { Component, UnitRecord } from '../wire/result.js';
import type { InitOutput, TaskOutput } from '../wire/task-output.js';
import { adoptState, publishState, readBytesIfThere, readState, sha256 } from './files.js';
import { parseLines } from './json-lines.js';
import { continuedPath, takenPath } from './paths.js';

/** A unit of a task that the earlier run has not done as a whole. */
export interface TakenUnit {
  component: Component;
  /** In its component, in the earlier run. */
  index: number;
  zarr_url: string | null;
  /** Images that a single or init part was given; null for other units. */
  given: string[] | null;
  /** Of a compute unit; null for others. */
  init_args: JsonObject | null;
  /** `interrupted`: it has begun, and nobody knows how it ended. */
  state: 'done' | 'interrupted';
  /** Normalised; null when it returned nothing. */
  output: TaskOutput | InitOutput | null;
  /** Epoch seconds by its node's clock. */
  ended_at: number | null;
  record: UnitRecord;
}

export interface Continued {
  /** The earlier run. */
  from: { dir: string; uuid: string; workflow_id: string | null };
  /** Position of the first task that is run. */
  next: number;
  /** The image list before it. */
  images: ImagesReference;
  /** Types that the tasks before it carry on. */
  output_types: Record<string, boolean>;
  tasks: TakenTasks;
  /** Units of the task at a position and those after it: `TakenUnit`, a line each. */
  units: Record<string, FileReference>;
  /** What an operator should know, a line each. */
  notes: string[];
}

const parse = (bytes: Buffer): Continued | null => {
  try {
    return JSON.parse(bytes.toString('utf8')) as Continued;
  } catch {
    return null;
  }
};

export interface AdoptedContinued {
  continued: Continued;
  reference: FileReference;
}

/** null while nothing has been decided. Throws StorageFailed. */
export const readContinuedIfThere = async (runDir: string): Promise<AdoptedContinued | null> => {
  const path = continuedPath(runDir);
  const bytes = await readBytesIfThere(path);
  const continued = bytes === null ? null : parse(bytes);
  return bytes === null || continued === null
    ? null
    : { continued, reference: { path, sha256: sha256(bytes) } };
};

/** Publishes the decision; where another attempt was quicker, its decision counts. Throws StorageFailed. */
export const adoptContinued = async (runDir: string, continued: Continued): Promise<AdoptedContinued> => {
  const text = [JSON.stringify(continued), '\n'];
  const { bytes, reference } = await adoptState(
    continuedPath(runDir),
    text,
    (there) => parse(there) !== null,
  );
  return { continued: parse(bytes) ?? continued, reference };
};

/** A file that the decision refers to. Throws StateCorrupt, StorageFailed. */
export const publishTaken = async (
  runDir: string,
  position: number,
  what: string,
  lines: Iterable<string>,
): Promise<FileReference> => {
  const parts = [...lines];
  const digest = sha256(parts.join(''));
  return publishState(takenPath(runDir, position, what, digest), parts);
};

/** Units that the task at a position takes over; none where the run continues no other. */
export const readTakenUnits = async (
  { continued }: Pick<RunReference, 'continued'>,
  position: number,
): Promise<TakenUnit[]> => {
  if (continued === undefined) return [];
  const { units } = JSON.parse((await readState(continued)).toString('utf8')) as Continued;
  const reference = units[String(position)];
  return reference === undefined ? [] : [...parseLines<TakenUnit>(await readState(reference))];
};
