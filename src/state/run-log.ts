/** `workflow.log`: one line per event of a run, for people (docs/files.md). */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isPermanent, StorageFailed } from './errors.js';
import { workflowLogPath } from './paths.js';
import { AT_ONCE } from './read-file.js';
import { fileMode } from './rights.js';

/**
 * A link that lies there is not followed: what it leads to is no log of a run. A pipe refuses to be opened where nobody
 * reads from it; else whoever writes would wait for that.
 */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | AT_ONCE;

/** Appends one line; an activity that is retried may say a thing twice. */
export const logEvent = async (
  runDir: string,
  text: string,
  level: 'INFO' | 'ERROR' = 'INFO',
): Promise<void> => {
  const path = workflowLogPath(runDir);
  try {
    const line = `${new Date().toISOString()} ${level} ${text.replaceAll('\n', ' | ')}\n`;
    const handle = await open(path, APPEND, fileMode());
    try {
      await handle.appendFile(line);
    } finally {
      await handle.close();
    }
  } catch (error) {
    // People lose a line; what a run is rests on other files.
    if (isPermanent(error)) return;
    throw new StorageFailed(path, 'cannot append to', error);
  }
};
