import { open } from 'node:fs/promises';
import { LOG_TAIL_BYTES } from './tunables.js';

/** The last lines of a log file, for people; null when there is none that can be read. */
export const logTail = async (path: string): Promise<string | null> => {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, LOG_TAIL_BYTES);
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      const text = buffer.toString('utf8');
      return size > length ? text.slice(text.indexOf('\n') + 1) : text;
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
};
