import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { progressLines, type TaskPace } from '../../src/report/progress-lines.js';
import type { Style } from '../../src/report/style.js';
import type { TaskProgress } from '../../src/wire/progress.js';

const style = (width: number, unicode = true): Style => ({ width, color: false, unicode });

const pace = (
  task: Partial<TaskProgress>,
  seconds: number | null = null,
  rate: number | null = null,
): TaskPace => ({
  task: {
    ...{ position: 0, order: 0, name: 'Segment', status: 'waiting' },
    ...{ units_done: 0, units_failed: 0, units_total: null, batches_ended: 0, batches_total: null },
    ...task,
  },
  seconds,
  rate,
});

const tasks = [
  pace({ name: 'Convert Cellvoyager', status: 'done', units_done: 96, units_total: 96 }, 12),
  pace(
    { name: 'Illumination', status: 'running', units_done: 40, units_failed: 8, units_total: 96 },
    65,
    2.52,
  ),
  pace({ name: 'Cell Segmentation (Cellpose)' }),
];

const picture = { tasks, reasons: ['batches pending: QOSMaxJobsPerUserLimit'], elapsedSeconds: 3_725 };

describe('progressLines', () => {
  it.each([
    [
      80,
      true,
      [
        '✓ Convert Cellvoyager           96/96  0:12',
        '● Illumination                  ━━━━━━━━╌╌╌╌╌╌╌╌╌  48/96  8 failed  1:05  2.5/s',
        '○ Cell Segmentation (Cellpose)  waiting',
        '  batches pending: QOSMaxJobsPerUserLimit',
        '  1:02:05 elapsed',
      ],
    ],
    [
      50,
      false,
      [
        '+ Convert Cellvoyager           96/96  0:12',
        '* Illumination          48/96  8 failed  1:05  2.5/s',
        '- Cell Segmentation (Cellpose)  waiting',
        '  batches pending: QOSMaxJobsPerUserLimit',
        '  1:02:05 elapsed',
      ].map((line) => line),
    ],
  ] as [number, boolean, string[]][])('at %d columns', (width, unicode, expected) => {
    const lines = progressLines(picture, style(width, unicode), 24);
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual(
      expected.map((line) => line.replaceAll(/ +/g, ' ')),
    );
  });

  it.each([12, 20, 50, 80, 120])('no line is wider than %d columns, whatever the name', (width) => {
    const named = ['画像の分割と計測'.repeat(5), 'x'.repeat(200), 'a\u001b[31mb\nc'].map((name) =>
      pace({ name, status: 'running', units_done: 1, units_failed: 1, units_total: 100_000 }, 9_999, 0.01),
    );
    const lines = progressLines({ ...picture, tasks: named }, style(width), 24);
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(width);
    expect(lines.join('\n')).not.toContain('\u001b');
  });

  it('of more tasks than the terminal has rows, those around the running one', () => {
    const many = Array.from({ length: 40 }, (_, position) =>
      pace({
        position,
        name: `Task ${position}`,
        status: position < 20 ? 'done' : position === 20 ? 'running' : 'waiting',
      }),
    );
    const lines = progressLines({ ...picture, reasons: [], tasks: many }, style(80), 10);
    expect(lines).toHaveLength(9);
    expect(lines[1]).toContain('Task 20');
    expect(lines.at(-2)).toBe('  7 of 40 tasks shown, 20 done');
  });
});
