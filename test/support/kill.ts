/** Signals to processes that a test has looked up: one may have ended meanwhile by itself. */

/** @returns whether it was still there. */
export const kill = (pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};
