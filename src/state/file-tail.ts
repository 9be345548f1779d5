/** The end of a log file, for people: the only reader of tails (`status`, `logs`, the words of errors). */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { lastLines } from './plain-text.js';
import { AT_ONCE } from './read-file.js';
import { TAIL_CHUNK_BYTES, TAIL_LINE_CHARACTERS, TAIL_MAX_BYTES } from './tunables.js';

const NEWLINE = 0x0a;

const newlines = (bytes: Buffer): number => {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
};

/** Reads backwards until enough lines are there: the last state of a long progress bar is one line of many bytes. */
const readBack = async (handle: FileHandle, size: number, lines: number): Promise<string> => {
  const chunks: Buffer[] = [];
  let start = size;
  let found = 0;
  // One more than asked for: the file may end with a newline, and the first line may be cut.
  while (start > 0 && found <= lines + 1 && size - start < TAIL_MAX_BYTES) {
    const length = Math.min(TAIL_CHUNK_BYTES, start);
    start -= length;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, start);
    const chunk = buffer.subarray(0, bytesRead);
    found += newlines(chunk);
    chunks.unshift(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  // What was cut in the middle is no line; but where nothing else is there, its end is better than nothing.
  const cut = start > 0 ? text.indexOf('\n') : -1;
  return text.slice(cut + 1) || text;
};

/**
 * The last `lines` lines of a regular file as a person reads them: carriage returns folded (of a progress bar its
 * last state), escapes and control characters removed, very long lines shortened. A large file is not read whole.
 *
 * @returns null when there is no such file, it is a folder, a FIFO or a device, or it cannot be read: a tail is an
 * extra, and no reason to fail. Opening never waits (a FIFO has no writer as a rule).
 */
export const fileTail = async (path: string, lines: number): Promise<string | null> => {
  try {
    const handle = await open(path, constants.O_RDONLY | AT_ONCE);
    try {
      const about = await handle.stat();
      if (!about.isFile()) return null;
      return lastLines(await readBack(handle, about.size, lines), lines, TAIL_LINE_CHARACTERS);
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
};
