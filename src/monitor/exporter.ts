/**
 * What the SDK's own exporter has: its metrics and ours, which go through it. It insists on a listener of its own,
 * so it gets a free port of the loopback, and `/metrics` asks there.
 */
import getPort from 'get-port';
import { SCRAPE_MS } from './tunables.js';

const LOOPBACK = '127.0.0.1';

/** `host:port` for `telemetryOptions.metrics.prometheus.bindAddress`. */
export const exporterAddress = async (): Promise<string> =>
  `${LOOPBACK}:${await getPort({ host: LOOPBACK })}`;

/** @throws Error when the exporter does not answer: before the SDK has started, and after it has ended. */
export const scrapeExporter = async (address: string): Promise<string> => {
  const response = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
  if (!response.ok) throw new Error(`the exporter of Temporal's SDK answers ${response.status}`);
  return response.text();
};
