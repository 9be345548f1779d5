import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** Of a log: what a unit says beyond it is warned of no more. */
const BYTES_READ = 4 * 1024 * 1024;

/**
 * Lines of a unit's log that hold "warning", in whatever case: what a Fractal server (from 2.24) flags a unit for. 0 where there
 * is no log that can be read.
 */
export const countWarnings = async (path: string): Promise<number> => {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size === 0) return 0;
      const buffer = Buffer.alloc(Math.min(stat.size, BYTES_READ));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      const text = buffer.toString('latin1', 0, bytesRead).toLowerCase();
      if (!text.includes('warning')) return 0;
      return text.split('\n').filter((line) => line.includes('warning')).length;
    } finally {
      await file.close();
    }
  } catch {
    return 0;
  }
};
