import { describe, expect, it } from 'vitest';
import { formatRuns, type RunSummary } from '../../src/report/runs.js';
import type { Style } from '../../src/report/style.js';
import { formatTable } from '../../src/report/table.js';

const plainStyle: Style = { width: Infinity, color: false, unicode: false };

const at = (width: number, extra: Partial<Style> = {}): Style => ({ ...plainStyle, width, ...extra });

const run = (extra: Partial<RunSummary> = {}): RunSummary => ({
  workflow_id: 'cardiac-test-134d2533421d9090',
  run_id: 'r',
  workflow: 'Cardiac test',
  dataset: 'plate 7',
  backend: 'slurm',
  job_id: null,
  state: 'completed',
  status: null,
  started: new Date(2026, 10, 26, 20, 19).toISOString(),
  closed: null,
  seconds: 185,
  ...extra,
});

const lines = (text: string): string[] => text.split('\n');

describe('a table of runs', () => {
  const runs = [run(), run({ state: 'failed', seconds: 90_000, dataset: 'a dataset with a very long name' })];

  it('has everything where there is room', () => {
    expect(lines(formatRuns(runs, '', at(130)))).toEqual([
      'RUN                            STATE     STARTED            DURATION  DATASET                          BACKEND  WORKFLOW',
      'cardiac-test-134d2533421d9090  + done    2026-11-26 20:19  3 min 5 s  plate 7                          slurm    Cardiac test',
      'cardiac-test-134d2533421d9090  x failed  2026-11-26 20:19    1 d 1 h  a dataset with a very long name  slurm    Cardiac test',
    ]);
  });

  it.each([40, 50, 60, 80, 100, 120])('never is wider than %i columns, and never cuts an id', (width) => {
    const text = formatRuns(runs, '', at(width));
    for (const line of lines(text)) expect(line.length).toBeLessThanOrEqual(width);
    expect(text.match(/cardiac-test-134d2533421d9090/g)).toHaveLength(2);
    expect(text).toContain('failed');
  });

  it('is a few lines a run where a row does not fit', () => {
    expect(lines(formatRuns([run()], '', at(50)))).toEqual([
      'cardiac-test-134d2533421d9090',
      '  + done  2026-11-26 20:19  3 min 5 s  plate 7',
      '  slurm  Cardiac test',
    ]);
  });

  it('has symbols where they can be shown, and colours that leave widths alone', () => {
    const bare = formatRuns(runs, '', at(110, { unicode: true }));
    const coloured = formatRuns(runs, '', at(110, { unicode: true, color: true }));
    expect(bare).toContain('✓ done');
    expect(bare).toContain('…');
    expect(coloured).toContain('\u001b[32m✓ done\u001b[39m');
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(bare);
  });
});

describe('formatTable', () => {
  it('gives the terminal nothing but text, and knows wide characters', () => {
    const rows = [
      ['\u001b[31m中文\n', 'x'],
      ['abcde', 'y'],
    ];
    expect(lines(formatTable([{ head: 'a' }, { head: 'b' }], rows, plainStyle))).toEqual([
      'A      B',
      '中文   x',
      'abcde  y',
    ]);
  });
});
