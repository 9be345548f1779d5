/**
 * `events.jsonl`: the segments one after the other, for everybody to read. Every byte of it is decided before it is
 * written, and its place as well: writers that write the same at the same time, or long after, do no harm, and what a
 * crash has cut off is written anew from where it is known to be right.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorCode, StorageFailed } from '../state/errors.js';
import { eventsPath } from '../state/paths.js';
import { AT_ONCE, readWhole } from '../state/read-file.js';
import { fileMode } from '../state/rights.js';

/** As for workflow.log: a link is not followed, a pipe is not waited for. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | AT_ONCE;

/** How many of its first bytes are as they should be. */
export const rightBytes = async (dir: string, expected: Buffer): Promise<number> => {
  let there: Buffer;
  try {
    there = await readWhole(eventsPath(dir));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw new StorageFailed(eventsPath(dir), 'cannot read', error);
  }
  const length = Math.min(there.length, expected.length);
  if (there.subarray(0, length).equals(expected.subarray(0, length))) return length;
  let same = 0;
  while (there[same] === expected[same]) same += 1;
  return same;
};

/**
 * Writes bytes at their place.
 *
 * @param durable whether they must survive a loss of power.
 * @returns false when the file is shorter than that place: somebody has cut or removed it.
 * @throws StorageFailed.
 */
export const writeAt = async (
  dir: string,
  place: number,
  bytes: Buffer,
  durable: boolean,
): Promise<boolean> => {
  const path = eventsPath(dir);
  try {
    const handle = await open(path, WRITE, fileMode());
    try {
      if ((await handle.stat()).size < place) return false;
      let written = 0;
      while (written < bytes.length) {
        const left = bytes.length - written;
        written += (await handle.write(bytes, written, left, place + written)).bytesWritten;
      }
      if (durable) await handle.sync();
      return true;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new StorageFailed(path, 'cannot write', error);
  }
};
