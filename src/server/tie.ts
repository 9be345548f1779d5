/** Ends a child in its own session when this process ends, even by SIGKILL. */
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * A small shell reads from a pipe whose other end only this process holds: when this process ends, however it ends,
 * the shell reads end-of-file and ends `child`. Returns what undoes the tie.
 */
export const tieToThisProcess = (child: ChildProcess): (() => void) => {
  const script = 'while read -r _; do :; done; kill -TERM "$1"';
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  // The pipe alone must not keep this process alive.
  (watcher.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  const untie = (): void => {
    watcher.kill('SIGKILL');
  };
  // The pid may be reused once the child is gone: then there must be nobody left to signal it.
  child.once('exit', untie);
  return untie;
};
