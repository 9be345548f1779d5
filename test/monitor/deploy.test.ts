/** The board, the alerts and the page name metrics that the program has. */
import { readFile } from 'node:fs/promises';
import type { MetricMeter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { createProcessMetrics } from '../../src/monitor/process-metrics.js';
import { createRunnerMetrics } from '../../src/monitor/runner-metrics.js';
import { createSchedulerMetrics } from '../../src/monitor/scheduler-metrics.js';
import { createSupervisorMetrics } from '../../src/supervisor/status.js';
import { HISTOGRAM_BUCKETS } from '../../src/monitor/tunables.js';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** As the exporter writes them; a histogram's series without their suffixes. */
const exported = (): Set<string> => {
  const names = new Set<string>();
  const make =
    (suffix = '') =>
    (name: string) => {
      names.add(`${name}${suffix}`);
      return { add: () => undefined, set: () => undefined, record: () => undefined };
    };
  const meter = {
    createCounter: make('_total'),
    createGauge: make(),
    createHistogram: make(),
  } as unknown as MetricMeter;
  createRunnerMetrics(meter, 'local');
  createSchedulerMetrics(meter);
  createProcessMetrics(meter, '1');
  createSupervisorMetrics(meter);
  return names;
};

const namesIn = (text: string): Set<string> =>
  new Set((text.match(/\bfractal_[a-z_]+/g) ?? []).map((name) => name.replace(/_(bucket|count|sum)$/, '')));

describe('names of metrics', () => {
  it.each(['deploy/grafana/dashboards/fractal.json', 'deploy/prometheus/alerts.yml'])(
    '%s uses none that there is not',
    async (path) => {
      const used = namesIn(await read(path));
      expect(used.size).toBeGreaterThan(3);
      expect([...used].filter((name) => !exported().has(name))).toEqual([]);
    },
  );

  it('docs/metrics.md lists each of them, and no other', async () => {
    const rows = (await read('docs/metrics.md')).match(/^\| `fractal_[a-z_]+/gm) ?? [];
    expect(rows.map((row) => row.slice(3)).sort()).toEqual([...exported()].sort());
  });

  it('every histogram has buckets of its own', () => {
    const histograms = [...exported()].filter((name) => /(wait|call)_seconds$/.test(name));
    expect(Object.keys(HISTOGRAM_BUCKETS).sort()).toEqual(histograms.sort());
  });
});
