/** task-spooler's command, for tests of the backend that is an example (examples/task-spooler). */
import { execaSync } from 'execa';
import { installPackages, whyNoPackages } from './debian.js';

const isInstalled = (): boolean => execaSync('tsp', ['-V'], { reject: false }).exitCode === 0;

/** Whether there is a `tsp` here, installed if need be; where there can be none, that is said. */
export const haveTaskSpooler = async (): Promise<boolean> => {
  if (isInstalled()) return true;
  const reason = whyNoPackages();
  if (reason === null) await installPackages(['task-spooler']);
  else console.warn(`no tsp here, task-spooler not tested: ${reason}`);
  return reason === null;
};
