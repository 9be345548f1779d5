/** The files of a named run for commands that read them: here, or through its workers (docs/from-afar.md). */
import { existsSync } from 'node:fs';
import { connectClient, filesHere, filesOfRun, isEnded, type RunFiles } from '../client/index.js';
import { readIdentity } from '../state/identity.js';
import { UsageError } from './exit-codes.js';
import type { Io, ServerOptions } from './io.js';
import { idOnServer, nameRun, requireTarget, type NamedRun } from './target.js';

export interface RunPlace {
  files: RunFiles;
  /** Whether the run is over, as far as its server knows; absent where no server was asked. */
  isOver?: () => Promise<boolean>;
}

/** A directory that this machine sees, with a run in it, needs no server. */
const placeHere = async ({ runDir }: NamedRun): Promise<RunPlace | null> => {
  if (runDir === null || (await readIdentity(runDir)) === null) return null;
  return { files: filesHere(runDir) };
};

/** A run that the server knows. */
const placeOnServer = async <T>(
  io: Io,
  options: ServerOptions,
  named: NamedRun,
  work: (place: RunPlace) => Promise<T>,
): Promise<T> => {
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const handle = client.workflow.getHandle(await idOnServer(client, named));
    return await work({
      files: await filesOfRun(client, handle),
      isOver: async () => isEnded((await handle.describe()).status.name),
    });
  } finally {
    await close();
  }
};

/**
 * Gives `work` the files of a run, by its id or its directory.
 *
 * @throws UsageError, NoServer, RunFileError when they can be had nowhere.
 */
export const withRunPlace = async <T>(
  io: Io,
  id: string,
  options: ServerOptions,
  work: (place: RunPlace) => Promise<T>,
): Promise<T> => {
  const named = await nameRun(id);
  const here = await placeHere(named);
  if (here !== null) return work(here);
  const { runDir } = named;
  try {
    return await placeOnServer(io, options, named, work);
  } catch (error) {
    // A folder that no run has claimed: what lies in it is shown, as far as it is what a run leaves.
    if (runDir === null || !existsSync(runDir) || !(error instanceof UsageError)) throw error;
    return work({ files: filesHere(runDir) });
  }
};
