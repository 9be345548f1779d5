/** `workflow.log`: one line per event of a run, for people (docs/files.md). */
import { appendFile } from 'node:fs/promises';
import { isPermanent, StorageFailed } from './errors.js';
import { workflowLogPath } from './paths.js';
import { fileMode } from './rights.js';

/** Appends one line; an activity that is retried may say a thing twice. */
export const logEvent = async (
  runDir: string,
  text: string,
  level: 'INFO' | 'ERROR' = 'INFO',
): Promise<void> => {
  const path = workflowLogPath(runDir);
  try {
    const line = `${new Date().toISOString()} ${level} ${text.replaceAll('\n', ' | ')}\n`;
    await appendFile(path, line, { mode: fileMode() });
  } catch (error) {
    // People lose a line; what a run is rests on other files.
    if (isPermanent(error)) return;
    throw new StorageFailed(path, 'cannot append to', error);
  }
};
