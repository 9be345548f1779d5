/** The folder for what belongs to this host and user: locks and widths of local batches (docs/local.md). */
import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { currentUser } from '../executors/user.js';
import type { Environment } from '../server/folders.js';

/** On every Linux host's own disk, and not emptied by a reboot; /tmp may be, a home is often on a shared disk. */
const HOST_DISK = '/var/tmp';

/**
 * `FRACTAL_TEMPORAL_LOCAL`, else `/var/tmp/fractal-temporal-<uid>`, created for this user alone.
 *
 * @throws Error when it is somebody else's: on a shared host anybody can create that name first.
 */
export const hostFolder = async (env: Environment): Promise<string> => {
  const given = env['FRACTAL_TEMPORAL_LOCAL'];
  const { uid } = currentUser();
  const folder = given || join(HOST_DISK, `fractal-temporal-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const about = await lstat(folder);
  if (!given && (about.uid !== uid || !about.isDirectory() || (about.mode & 0o022) !== 0)) {
    throw new Error(
      `${folder} is not a folder of yours alone; set FRACTAL_TEMPORAL_LOCAL to one on this host's disk.`,
    );
  }
  return folder;
};
