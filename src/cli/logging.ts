/** Logs of the program and of Temporal's SDK, on stderr; quiet unless asked. */
import { Runtime, type TelemetryOptions } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import { plainText } from '../state/plain-text.js';
import { HISTOGRAM_BUCKETS } from '../monitor/tunables.js';

/** `trace` is Temporal's word too, but its SDK calls the method with (message, attributes). */
const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/**
 * What the SDK warns of and is meant to be: a worker that serves one kind of task, a failure that the run itself
 * reports in full, an attempt that ends because its worker does.
 */
const expected = /^(No (activities|workflows) registered|(Activity|Workflow) failed)/;

/** `20:19:03 warn  MESSAGE  name=value`: pino's line as people read it. */
export const readableLogLine = (line: string): string => {
  try {
    const { level, time, msg, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const fields = Object.entries(rest).map(
      ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    const at = new Date(Number(time)).toTimeString().slice(0, 8);
    const word = pino.levels.labels[Number(level)] ?? String(level);
    return plainText([at, word.padEnd(5), String(msg), ...fields].join('  '));
  } catch {
    return plainText(line.trimEnd());
  }
};

/** Warnings and errors; with `verbose` information too. Lines for people on a terminal, JSON elsewhere. */
export const createLogger = (verbose: boolean): Logger => {
  const options = { level: verbose ? 'info' : 'warn', base: null };
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino(options, { write: (line) => process.stderr.write(`${readableLogLine(line)}\n`) });
};

/** Names and units as Prometheus wants them: `_total`, `_seconds`. */
const prometheusAt = (bindAddress: string): NonNullable<TelemetryOptions['metrics']> => ({
  attachServiceName: false,
  prometheus: {
    bindAddress,
    ...{ countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
    histogramBucketOverrides: HISTOGRAM_BUCKETS,
  },
});

/**
 * Sets up Temporal's SDK for this process: its logs go to `logger`, and signals are left to the command, which knows
 * what the first Ctrl-C means. Call it once, before any connection of a worker.
 *
 * @param exporter `host:port` at which the SDK's metrics can be had; null for none.
 */
export const installRuntime = (logger: Logger, verbose: boolean, exporter: string | null = null): void => {
  const log = (level: keyof typeof levels, message: string, attributes: object = {}): void =>
    logger[level === 'WARN' && expected.test(message) ? 'info' : levels[level]](attributes, message);
  Runtime.install({
    shutdownSignals: [],
    telemetryOptions: {
      logging: { filter: { core: verbose ? 'INFO' : 'WARN', other: 'ERROR' }, forward: {} },
      ...(exporter !== null && { metrics: prometheusAt(exporter) }),
    },
    logger: {
      log,
      trace: (message, attributes) => log('TRACE', message, attributes),
      debug: (message, attributes) => log('DEBUG', message, attributes),
      info: (message, attributes) => log('INFO', message, attributes),
      warn: (message, attributes) => log('WARN', message, attributes),
      error: (message, attributes) => log('ERROR', message, attributes),
    },
  });
};
