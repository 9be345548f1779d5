/** What the worker's own process uses (docs/metrics.md). */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { MetricMeter } from '@temporalio/common';
import { EVENT_LOOP_RESOLUTION_MS } from './tunables.js';

const NANOSECONDS = 1e9;

/** Returns what takes a sample; call it before each scrape. */
export const createProcessMetrics = (meter: MetricMeter, version: string): (() => void) => {
  const info = meter.createGauge('fractal_worker_info', 'int', '', 'Always 1; its label is the version');
  const memory = meter.createGauge('fractal_worker_resident_memory_bytes', 'int', '', 'Resident memory');
  const heap = meter.createGauge('fractal_worker_heap_used_bytes', 'int', '', "Of V8's heap");
  const delay = meter.createGauge(
    'fractal_worker_event_loop_delay_seconds',
    'float',
    '',
    "The event loop's longest delay since the last scrape",
  );
  const loop = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });
  loop.enable();
  return () => {
    const { rss, heapUsed } = process.memoryUsage();
    info.set(1, { version });
    memory.set(rss);
    heap.set(heapUsed);
    delay.set(loop.max / NANOSECONDS);
    loop.reset();
  };
};
