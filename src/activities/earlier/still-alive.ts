/** Whether an earlier run is over: two runs at once on the same images would spoil them. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, StorageFailed } from '../../state/errors.js';
import { describeServer } from '../../state/identity.js';
import { abandonedPath, resultPath, runnerDir } from '../../state/paths.js';
import type { ActivityDependencies } from '../dependencies.js';
import { NotContinuable, type EarlierRun } from './earlier-run.js';

const isThere = async (path: string): Promise<boolean> => {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw new StorageFailed(path, 'cannot look at', error);
  }
};

const wayOut = (dir: string): string =>
  `Where nobody can go on with it any more, say so with an empty file: touch ${abandonedPath(dir)}`;

/**
 * A run with a result is over. One without is, when the server that holds it says so; another server cannot be asked from
 * here, so that somebody has to say it.
 *
 * @param ownId of the run that continues it: a server has one run of an id at a time.
 * @throws NotContinuable when it lives, or that cannot be told.
 */
export const mustBeOver = async (
  { dir, identity }: EarlierRun,
  ownId: string,
  deps: ActivityDependencies,
): Promise<void> => {
  if ((await isThere(resultPath(dir))) || (await isThere(abandonedPath(dir)))) return;
  const { server, workflow_id: id } = identity;
  const name = id === null ? 'the run' : `run ${id}`;
  if (server !== null && server.id !== deps.server?.id) {
    if (server.kind === 'private' && !(await isThere(join(runnerDir(dir), 'temporal.db')))) return;
    throw new NotContinuable(
      `${dir}, whose ${name} has no result yet and belongs to ${describeServer(server)}: end it there first ` +
        `(fractal-temporal cancel ${dir}). ${wayOut(dir)}`,
    );
  }
  if (id === null || id === ownId || !(await deps.isRunning?.(id))) return;
  throw new NotContinuable(
    `${dir}, whose ${name} is still going on: wait for its end, or cancel it (fractal-temporal cancel ${id}); ` +
      `one that is held goes on by fractal-temporal retry ${id}`,
  );
};
