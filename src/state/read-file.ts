/** How whole files are read, whatever somebody has put in their places. */
import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Opening never waits: a pipe in the place of a file has nobody who writes to it, and reads as if it were empty. */
export const AT_ONCE = constants.O_NONBLOCK;

/** The whole of a file; a read that would wait for somebody gives what is there. Throws the system's errors. */
export const readWhole = (path: string): Promise<Buffer> =>
  readFile(path, { flag: constants.O_RDONLY | AT_ONCE });
