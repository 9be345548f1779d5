import { describe, expect, it } from 'vitest';
import { parseSqueue, squeueArguments } from '../../../../src/executors/slurm/commands/squeue.js';
import { slurmFixture } from '../../../slurm/fixtures.js';

describe('parseSqueue', () => {
  it('reads every end of a real cluster', () => {
    const states = parseSqueue(slurmFixture('squeue-ends').stdout)?.map(({ jobId, state }) => [jobId, state]);
    expect(states).toEqual([
      ['6', 'TIMEOUT'],
      ['8', 'CANCELLED'],
      ['9', 'CANCELLED'],
      ['10', 'CANCELLED'],
      ['1', 'COMPLETED'],
      ['7', 'DEADLINE'],
      ['2', 'FAILED'],
      ['3', 'FAILED'],
      ['4', 'FAILED'],
      ['5', 'OUT_OF_MEMORY'],
    ]);
  });

  it("reads reasons with spaces and other people's names with bars", () => {
    const rows = parseSqueue(slurmFixture('squeue-waiting').stdout) ?? [];
    expect(rows.find(({ jobId }) => jobId === '17')).toEqual({
      jobId: '17',
      state: 'CANCELLED',
      reason: 'None',
      node: 'n1',
      name: 'a|b c.key-1',
    });
    expect(rows.find(({ jobId }) => jobId === '19')).toMatchObject({
      state: 'SPECIAL_EXIT',
      reason: 'job requeued in held state',
    });
  });

  it('reads a name with a line separator, which is no end of a line', () => {
    expect(parseSqueue('5|RUNNING|None|n1|a\u2028b\u2029\n')).toMatchObject([{ name: 'a\u2028b\u2029' }]);
  });

  it('takes no text for no jobs, and text without a row for no answer', () => {
    expect(parseSqueue(slurmFixture('squeue-empty').stdout)).toEqual([]);
    expect(parseSqueue('Welcome to the cluster\n')).toBeNull();
    expect(parseSqueue('<html>504</html>')).toBeNull();
  });

  it('passes over banners, arrays count by their job, states nobody heard of stay', () => {
    expect(
      parseSqueue(
        '* maintenance on Monday *\n12_[1-9%2]|PENDING|None||other\n7|HIBERNATING|None|n[1-2]|mine\n',
      ),
    ).toEqual([
      { jobId: '12', state: 'PENDING', reason: 'None', node: '', name: 'other' },
      { jobId: '7', state: 'HIBERNATING', reason: 'None', node: 'n[1-2]', name: 'mine' },
    ]);
  });

  it('asks for all jobs of the user at once, the name last', () => {
    const words = squeueArguments('ann');
    expect(words).toContain('ann');
    expect(words).not.toContain('-j');
    expect(words.at(-1)).toMatch(/%j$/);
  });
});
