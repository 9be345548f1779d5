/** Where a named run's files are: commands that only read them need nothing else. */
import { connectClient, directoryOfRun } from '../client/index.js';
import { UsageError } from './exit-codes.js';
import type { Io, ServerOptions } from './io.js';
import { nameRun, requireTarget } from './target.js';

export const directoryOf = async (io: Io, id: string, options: ServerOptions): Promise<string> => {
  const { runDir } = await nameRun(id);
  if (runDir !== null) return runDir;
  const { client, close } = await connectClient(await requireTarget(io, options));
  try {
    const dir = await directoryOfRun(client, client.workflow.getHandle(id));
    if (dir === null) throw new UsageError(`The request of run ${id} names no directory.`);
    return dir;
  } finally {
    await close();
  }
};
