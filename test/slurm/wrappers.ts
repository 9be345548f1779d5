/** Commands that stand before the real ones on a worker's PATH, to make them fail or to count their calls. */
import { chmod, chown, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Cluster } from './cluster.js';

export interface Wrappers {
  /** For `backendOn`. */
  path: string;
  /** From now on the command does this, lines of bash; "$real" is the real one. Not wrapped before. */
  set(command: string, lines: string): Promise<void>;
  /** Arguments of each call so far, in order. */
  calls(command: string): Promise<string[]>;
}

export const createWrappers = async (cluster: Cluster): Promise<Wrappers> => {
  const path = join(cluster.workDir, `wrappers-${randomUUID()}`);
  await mkdir(path);
  await chown(path, cluster.uid, cluster.gid);
  const log = (command: string) => join(path, `${command}.calls`);
  return {
    path,
    set: async (command, lines) => {
      const script = `#!/bin/bash\nreal=/usr/bin/${command}\necho "$*" >>'${log(command)}'\n${lines}\n`;
      const file = join(path, command);
      // Written whole elsewhere: a call at this moment must not read half of it.
      await writeFile(`${file}.new`, script);
      await chmod(`${file}.new`, 0o755);
      await rename(`${file}.new`, file);
    },
    calls: async (command) => {
      const text = await readFile(log(command), 'utf8').catch(() => '');
      return text.split('\n').filter((line) => line !== '');
    },
  };
};
