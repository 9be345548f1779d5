/** Copies in a task's folder. */
import { StateCorrupt, StorageFailed } from '../../state/errors.js';
import { makeInnerFolder } from '../../state/folders.js';

/** Where people have made that impossible, the run does not end of it. */
export const forPeople = async (taskDir: string, write: () => Promise<unknown>): Promise<void> => {
  try {
    await makeInnerFolder(taskDir);
    await write();
  } catch (error) {
    if (!(error instanceof StateCorrupt || (error instanceof StorageFailed && error.isPermanent)))
      throw error;
  }
};
