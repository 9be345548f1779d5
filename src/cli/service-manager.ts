/**
 * What a service manager is told: ready, alive, ending. The protocol is systemd's, sd_notify(3) and
 * sd_watchdog_enabled(3); without `NOTIFY_SOCKET` nobody is told anything.
 */
import { execa } from 'execa';
import type { Logger } from 'pino';
import type { Environment } from '../server/folders.js';
import { NOTIFY_MS } from './tunables.js';

export interface ServiceManager {
  /** From now on it serves; with `WatchdogSec=` it says from now on that its event loop turns. */
  ready(status: string): Promise<void>;
  ending(): Promise<void>;
}

const nobody: ServiceManager = { ready: () => Promise.resolve(), ending: () => Promise.resolve() };

/** Between two signs of life, as the manager asks for; null where it asks for none, or not this process. */
export const watchdogMs = (env: Environment, pid: number): number | null => {
  const microseconds = Number(env['WATCHDOG_USEC'] ?? '');
  const other = env['WATCHDOG_PID'] ?? '';
  if (!Number.isFinite(microseconds) || microseconds <= 0 || (other !== '' && other !== String(pid)))
    return null;
  // Half of it, as sd_watchdog_enabled(3) advises.
  return microseconds / 2_000;
};

export const serviceManager = (env: Environment, logger: Logger): ServiceManager => {
  const socket = env['NOTIFY_SOCKET'] ?? '';
  if (socket === '') return nobody;
  let told = true;
  // Node has no datagram sockets of this kind; systemd brings the program along.
  const notify = async (...variables: string[]): Promise<void> => {
    const { failed, shortMessage } = await execa('systemd-notify', ['--no-block', ...variables], {
      ...{ env: { NOTIFY_SOCKET: socket }, reject: false, timeout: NOTIFY_MS, stdin: 'ignore' },
    });
    if (failed && told)
      logger.warn(
        { why: shortMessage },
        'the service manager could not be told; it may restart this process',
      );
    told = !failed;
  };
  let alive: NodeJS.Timeout | null = null;
  return {
    ready: async (status) => {
      await notify('READY=1', `STATUS=${status}`);
      const every = watchdogMs(env, process.pid);
      if (every !== null) alive = setInterval(() => void notify('WATCHDOG=1'), every);
    },
    ending: async () => {
      if (alive !== null) clearInterval(alive);
      await notify('STOPPING=1');
    },
  };
};
