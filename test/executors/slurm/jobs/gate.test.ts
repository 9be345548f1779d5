import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveJobs, rateDelayMs } from '../../../../src/executors/slurm/jobs/gate.js';
import { chooseJob } from '../../../../src/executors/slurm/jobs/look-up.js';
import { parseAttempts, parseCalls } from '../../../../src/executors/slurm/jobs/submission-files.js';
import { unclearSeconds } from '../../../../src/executors/slurm/jobs/unclear-patience.js';

describe('rateDelayMs', () => {
  it('lets through as many as fit into a minute', () => {
    expect(rateDelayMs([], 2, 0)).toBe(0);
    expect(rateDelayMs([0], 2, 10)).toBe(0);
    expect(rateDelayMs([0, 5], 2, 10)).toBe(59_990);
    expect(rateDelayMs([0, 5], 2, 60_000)).toBe(0);
  });

  it('never lets more through in any minute', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.nat(5000), { maxLength: 100 }),
        (perMinute, pauses) => {
          const submissions: number[] = [];
          let now = 0;
          for (const pause of pauses) {
            now += pause;
            now += rateDelayMs(submissions, perMinute, now);
            submissions.push(now);
          }
          for (const at of submissions) {
            expect(
              submissions.filter((other) => other >= at && other < at + 60_000).length,
            ).toBeLessThanOrEqual(perMinute);
          }
        },
      ),
    );
  });
});

const row = (jobId: string, state: string) => ({ jobId, state, reason: '', node: '', name: 'mine' });

it('counts what lives', () => {
  const rows = [row('1', 'RUNNING'), row('2', 'COMPLETED'), row('3', 'COMPLETING'), row('4', 'HIBERNATING')];
  expect(liveJobs({ startedAt: 0, rows, error: '' })).toBe(3);
  expect(liveJobs({ startedAt: 0, rows: null, error: 'away' })).toBeNull();
});

it('chooses the owner, else what lives, else the first', () => {
  const rows = [row('1', 'COMPLETED'), row('2', 'PENDING'), row('3', 'FAILED')];
  expect(chooseJob(rows, '3')?.jobId).toBe('3');
  expect(chooseJob(rows, null)?.jobId).toBe('2');
  expect(chooseJob(rows.slice(2), '9')?.jobId).toBe('3');
  expect(chooseJob([], '9')).toBeNull();
});

it.each([
  ['', null, null],
  ['# attempt 100\n', null, 100],
  ['# attempt 100\n7\n', '7', 100],
  ['# attempt 100\n# ended\n', null, null],
  ['# attempt 100\n# ended\n# attempt 200\n', null, 200],
  ['# attempt 100\n7\n# attempt 200\nbanner\n', null, 200],
  // A late answer of the first, while the second is under way, is an answer all the same.
  ['# attempt 100\n# attempt 200\n7\n', '7', 200],
])('parseAttempts(%j)', (text, jobId, openSince) => {
  expect(parseAttempts(text)).toEqual({ jobId, openSince });
});

const call = (seconds: number, words = '# ended\n# unclear\n'): string =>
  `# attempt ${seconds * 1000}\n${words}`;

it.each([
  ['no call', '', 100, 0],
  ['one', call(10), 25, 15],
  ['several', call(10) + call(30) + call(90), 100, 90],
  ['one with a clear answer starts anew', call(10) + call(30, '# ended\n') + call(90), 100, 10],
  ['so does one that nobody saw the end of', call(10) + call(30, '') + call(90), 100, 10],
  ['the last one answered clearly', call(10) + call(30, '# ended\n'), 100, 0],
  ['two hours without a worker count as five minutes', call(10) + call(7_210), 7_220, 310],
  ['another host’s clock is ahead', call(50) + call(10), 20, 10],
])('unclearSeconds: %s', (_what, text, now, seconds) => {
  expect(unclearSeconds(parseCalls(text), now * 1000)).toBe(seconds);
});
