/** `worker slurm --supervised`: a worker that a supervisor has started, told by its stdin what it is for. */
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { currentUser } from '../executors/user.js';
import { applyShare } from '../state/rights.js';
import { parseSettings, type WorkerEvent, type WorkerSettings } from '../supervisor/settings.js';
import { BUSY_LOOK_MS, SETTINGS_MS } from '../supervisor/tunables.js';
import { UsageError } from './exit-codes.js';
import { type Io, print } from './io.js';
import { asService, serveWorkers } from './service.js';
import { unlessAborted } from './signals.js';
import { requireTarget } from './target.js';
import type { RunningWorkers } from './workers.js';

/** As a service manager ends it: its batches go on. */
const endThisProcess = (): void => {
  process.kill(process.pid, 'SIGTERM');
};

const firstLine = async (input: Readable): Promise<string> => {
  const lines = createInterface(input);
  const line = await unlessAborted(
    new Promise<string>((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => resolve(''));
    }),
    AbortSignal.timeout(SETTINGS_MS),
  );
  // The supervisor is gone, or wants it to end.
  lines.once('close', endThisProcess);
  return line ?? '';
};

const readSettings = async (input: Readable): Promise<WorkerSettings> => {
  const line = await firstLine(input);
  try {
    return parseSettings(line);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
};

/** This process's environment becomes that of the settings: whatever sudo has left of another one is gone. */
const takeOn = (io: Io, settings: WorkerSettings): void => {
  const { uid, name } = currentUser();
  if (uid !== settings.uid)
    throw new UsageError(
      `This worker is to be ${settings.user} (uid ${settings.uid}), and is ${name} (uid ${uid}).`,
    );
  for (const variable of Object.keys(io.env)) Reflect.deleteProperty(io.env, variable);
  Object.assign(io.env, settings.environment);
  applyShare(settings.share, settings.umask);
};

const tell = (io: Io, event: WorkerEvent): void => {
  print(io, JSON.stringify(event));
};

/** Ends this process when nothing has been to do for so long. */
const endWhenIdle = (io: Io, workers: RunningWorkers, seconds: number): void => {
  let busyAt = Date.now();
  const look = setInterval(() => {
    if (workers.activities() > 0) busyAt = Date.now();
    if (Date.now() - busyAt < seconds * 1_000) return;
    clearInterval(look);
    tell(io, { event: 'idle' });
    endThisProcess();
  }, BUSY_LOOK_MS);
  look.unref();
};

export const supervisedCommand = async (io: Io, verbose: boolean): Promise<void> => {
  const settings = await readSettings(process.stdin);
  takeOn(io, settings);
  const { queue, address, namespace, profile, keys } = settings;
  await asService(io, { verbose }, async (service) => {
    const server = {
      ...{ address, namespace },
      ...(profile !== null && { profile }),
      ...(keys !== null && { keys }),
    };
    const target = await unlessAborted(requireTarget(io, server), service.signal);
    if (target === null) return;
    const spec = {
      ...{ workflowQueue: null, backends: [{ name: 'slurm', queue }] },
      options: { slurmConfig: settings.slurm_config, alone: true },
      ...{ env: io.env, logger: service.logger },
    };
    await serveWorkers(service, target, spec, (workers) => {
      tell(io, { event: 'ready' });
      endWhenIdle(io, workers, settings.idle_seconds);
    });
  });
};
