/**
 * The tombstone of a batch: from now on nothing of it may start (docs/batch-script.md). It says why it was left, so
 * that whoever comes later decides the same as whoever left it (docs/guarantees.md, "Evidence and verdict").
 */
import { z } from 'zod';
import type { EndOfBatch } from '../batch/contract.js';
import { END_CAUSES } from '../batch/end-causes.js';
import { createExclusive, readIfThere } from '../state/files.js';

export type Tombstone =
  /** Somebody cancelled the batch. */
  | { reason: 'cancelled' }
  /** Its end was seen, in these words of the executor, or it was refused in these; null where nobody gave any. */
  | { reason: 'ended'; said: EndOfBatch | null; refusal: string | null };

const amount = z.number().nullable();
const saidSchema: z.ZodType<EndOfBatch> = z.object({
  cause: z.enum(END_CAUSES),
  schedulerState: z.string().nullable(),
  message: z.string(),
  node: z.string().nullable(),
  usage: z.object({ elapsed_seconds: amount, max_rss_bytes: amount, cpu_seconds: amount }).nullable(),
  nodeAtFault: z.boolean().optional(),
  preempted: z.boolean().optional(),
});
const schema: z.ZodType<Tombstone> = z.union([
  z.object({ reason: z.literal('cancelled') }),
  z.object({ reason: z.literal('ended'), said: saidSchema.nullable(), refusal: z.string().nullable() }),
]);

/**
 * What a tombstone's text says. A text that is not whole (empty, cut off by a loss of power) still ends the batch, but
 * nobody's reason can be read from it: nobody is said to have cancelled it.
 */
export const parseTombstone = (text: string): Tombstone => {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return { reason: 'ended', said: null, refusal: null };
  }
};

/** null while there is none. Throws StorageFailed when that cannot be found out. */
export const readTombstone = async (path: string): Promise<Tombstone | null> => {
  const text = await readIfThere(path);
  return text === null ? null : parseTombstone(text);
};

/** Leaves a tombstone, durably; returns the one that stands there, which may be an earlier one. */
export const leaveTombstone = async (path: string, tombstone: Tombstone): Promise<Tombstone> => {
  if (await createExclusive(path, `${JSON.stringify(tombstone)}\n`)) return tombstone;
  return (await readTombstone(path)) ?? tombstone;
};

/**
 * The job id that owns a batch, as the first line of its owner file says; null while there is none, '' where its file
 * holds none: it is about to be written, or was lost with the power or on a full disk. Throws StorageFailed.
 */
export const readOwner = async (path: string): Promise<string | null> => {
  const text = await readIfThere(path);
  if (text === null) return null;
  return text.includes('\n') ? (text.split('\n')[0] ?? '') : '';
};
