/** Words for a folder that the worker may not use: whose it is, and who the worker is. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { currentUser } from '../../executors/user.js';

/** The folder itself, or the nearest one above it that can be looked at. */
const nearest = async (path: string): Promise<{ path: string; uid: number; mode: number } | null> => {
  try {
    const { uid, mode } = await stat(path);
    return { path, uid, mode };
  } catch {
    return dirname(path) === path ? null : nearest(dirname(path));
  }
};

/** `the worker is user bob (uid 1002), and /home/alice belongs to uid 1001 (mode 0700): ...` */
export const whoseFolder = async (dir: string): Promise<string> => {
  const { name, uid } = currentUser();
  const found = await nearest(dir);
  if (found === null) return `the worker is user ${name} (uid ${uid})`;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  return (
    `the worker is user ${name} (uid ${uid}), and ${found.path} belongs to uid ${found.uid} (mode ${mode}): ` +
    'name the queue of a worker of the user whose folder it is'
  );
};
