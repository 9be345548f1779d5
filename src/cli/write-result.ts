/** Where a result goes: stdout, or what `--result` names. */
import { chmod, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { ownFileMode } from '../state/rights.js';
import { type Io, print } from './io.js';

/** What the name leads to: a device or a pipe is written into, and a link stays a link. */
const destination = async (file: string): Promise<{ path: string; replaced: boolean }> => {
  try {
    return { path: await realpath(file), replaced: (await stat(file)).isFile() };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { path: file, replaced: true };
  }
};

/** Writes `text` to stdout, or to the file: a regular or new one in one step, so that nobody reads half of it. */
export const writeResult = async (io: Io, text: string, file: string | undefined): Promise<void> => {
  if (file === undefined) {
    print(io, text);
    return;
  }
  const { path, replaced } = await destination(file);
  if (!replaced) {
    await writeFile(path, `${text}\n`);
    return;
  }
  const unfinished = `${path}.${process.pid}.tmp`;
  await writeFile(unfinished, `${text}\n`);
  await chmod(unfinished, ownFileMode());
  await rename(unfinished, path);
};
