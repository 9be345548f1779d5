/** What `up` and `worker` have in common: a process that serves until it is told to end, and can be looked at. */
import { Runtime, type ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Command } from 'commander';
import type { Logger } from 'pino';
import { exporterAddress, scrapeExporter } from '../monitor/exporter.js';
import { parseListenAddress } from '../monitor/listen-address.js';
import { createProcessMetrics } from '../monitor/process-metrics.js';
import { EXPORTER_ATTEMPTS } from '../monitor/tunables.js';
import { openMonitor, type Monitor } from '../monitor/server.js';
import { openTracing, type Tracing } from '../monitor/tracing.js';
import type { ServerTarget } from '../server/address.js';
import { version } from '../version.js';
import { exitCode, UsageError } from './exit-codes.js';
import { clearEcho, type Io, say } from './io.js';
import { createLogger, installRuntime } from './logging.js';
import { serviceManager, type ServiceManager } from './service-manager.js';
import { aborted, listenForInterrupts, unlessAborted } from './signals.js';
import { END_WITHIN_MS } from './tunables.js';
import { type RunningWorkers, startWorkers, type WorkersSpec } from './workers.js';

export interface ServiceOptions {
  verbose?: boolean;
  monitor?: string;
  traces?: boolean;
}

export interface Service {
  logger: Logger;
  /** Aborted when the process is to end. */
  signal: AbortSignal;
  monitor: Monitor | null;
  manager: ServiceManager;
  /** Of OpenTelemetry, where asked for. */
  interceptors: ActivityInterceptorsFactory[];
}

/** The SDK insists on a port of its own for its exporter, which somebody else may have taken meanwhile. */
const installWithExporter = async (logger: Logger, verbose: boolean): Promise<string> => {
  for (let attempt = 1; ; attempt++) {
    const exporter = await exporterAddress();
    try {
      installRuntime(logger, verbose, exporter);
      return exporter;
    } catch (error) {
      if (attempt >= EXPORTER_ATTEMPTS) throw error;
    }
  }
};

const openPort = async (io: Io, text: string, logger: Logger, verbose: boolean): Promise<Monitor> => {
  const address = parseListenAddress(text);
  if (address === null)
    throw new UsageError(`--monitor ${text}: expected a port or host:port, such as 9464 or 0.0.0.0:9464.`);
  const exporter = await installWithExporter(logger, verbose);
  const sample = createProcessMetrics(Runtime.instance().metricMeter, version);
  const metrics = (): Promise<string> => {
    sample();
    return scrapeExporter(exporter);
  };
  const monitor = await openMonitor({ address, version, metrics });
  say(io, `Monitoring: ${monitor.url} (/healthz, /readyz, /metrics)`);
  return monitor;
};

/** Runs `work` as a service: with its logs, its signals and, where asked for, its port. */
export const asService = async (
  io: Io,
  options: ServiceOptions,
  work: (service: Service) => Promise<void>,
): Promise<void> => {
  const verbose = options.verbose === true;
  const logger = createLogger(verbose);
  const interrupts = listenForInterrupts(
    exitCode.unforeseen,
    () => {
      clearEcho(io);
      say(io, 'ending ... (Ctrl-C again: at once)');
    },
    {
      afterMs: END_WITHIN_MS,
      say: () => say(io, 'something hangs: ended without waiting for it; batches go on'),
    },
  );
  const where = options.monitor ?? io.env['FRACTAL_TEMPORAL_MONITOR'] ?? '';
  const hasTraces = options.traces === true || (io.env['FRACTAL_TEMPORAL_TRACES'] ?? '') !== '';
  let monitor: Monitor | null = null;
  let tracing: Tracing | null = null;
  try {
    if (hasTraces) tracing = await openTracing(version);
    if (where === '') installRuntime(logger, verbose);
    else monitor = await openPort(io, where, logger, verbose);
    const manager = serviceManager(io.env, logger);
    const interceptors = tracing === null ? [] : [tracing.interceptor];
    await work({ logger, signal: interrupts.signal, monitor, manager, interceptors });
  } finally {
    await tracing?.close();
    await monitor?.close();
    interrupts.dispose();
  }
};

/**
 * Starts workers and lets them work until the process is to end, or one of them fails.
 *
 * @param announce says on stdout that they are ready.
 * @param alongside what else may end it, by rejecting.
 */
export const serveWorkers = async (
  service: Service,
  target: ServerTarget,
  spec: WorkersSpec,
  announce: (workers: RunningWorkers) => void,
  alongside: Promise<void>[] = [],
): Promise<void> => {
  const { signal, monitor, manager } = service;
  // What is still starting when the process is to end is left as it is: the end of the process lets go of everything.
  const workers = await unlessAborted(
    startWorkers(target, { ...spec, interceptors: service.interceptors }),
    signal,
  );
  if (workers === null) return;
  try {
    monitor?.watch({
      address: target.connection.address,
      namespace: target.namespace,
      queues: workers.queues,
      ask: workers.ask,
    });
    announce(workers);
    await manager.ready(`workers at ${target.connection.address}`);
    await Promise.race([aborted(signal), workers.ended, ...alongside]);
  } finally {
    monitor?.end();
    await Promise.all([manager.ending(), workers.stop()]);
  }
};

export const addServiceOptions = (command: Command): Command =>
  command
    .option(
      '--monitor <[host:]port>',
      'serve /healthz, /readyz and /metrics there; host is 127.0.0.1 unless given (default: FRACTAL_TEMPORAL_MONITOR, else none)',
    )
    .option(
      '--traces',
      'send traces of activities by OpenTelemetry to where OTEL_EXPORTER_OTLP_ENDPOINT says (default: FRACTAL_TEMPORAL_TRACES, else off)',
    );
