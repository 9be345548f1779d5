/** Ends of log files. */
import { open } from 'node:fs/promises';
import { LOG_TAIL_BYTES } from './tunables.js';

/** The last `lines` lines of a file, without reading a large one whole; null when it cannot be read. */
export const tailOf = async (path: string, lines: number): Promise<string | null> => {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, LOG_TAIL_BYTES);
      const buffer = Buffer.alloc(length);
      await handle.read(buffer, 0, length, size - length);
      return buffer.toString('utf8').trimEnd().split('\n').slice(-lines).join('\n');
    } finally {
      await handle.close();
    }
  } catch {
    return null;
  }
};
