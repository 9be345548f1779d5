/** Row by row: docs/guarantees.md "What becomes of a unit", docs/slurm.md "How a job ended". */
import { describe, expect, it } from 'vitest';
import type { EndOfBatch } from '../../src/batch/contract.js';
import type { BatchEvidence, TryEvidence, UnitEvidence } from '../../src/outcomes/evidence.js';
import {
  begunUnit,
  endedUnit,
  judgeTries,
  neverBegunUnit,
  policyWith,
  saidEnd,
  tryOf,
  verdictOn,
} from './evidence.js';

const strict = policyWith();
const rerun = policyWith({ rerun_interrupted: true });

const open = (cause: EndOfBatch['cause'], rest: Partial<EndOfBatch> = {}): Partial<BatchEvidence> => ({
  complete: false,
  end: saidEnd(cause, rest),
});

/** status, cause, exit code, signal, interrupted: of one unit. */
const verdict = (header: Partial<BatchEvidence>, unit: UnitEvidence, policy = strict) => {
  const [judged] = judgeTries([tryOf(header, unit)], policy)[0]?.units ?? [];
  return [judged?.status, judged?.cause, judged?.exit_code, judged?.signal, judged?.interrupted];
};

const done = ['done', null, 0, null, false];
const own = (signal: number) => ['failed', 'signal', null, signal, false];
const lost = (status: string, cause: string, signal: number | null = null) => [
  ...[status, cause, null, signal, true],
];
const never = (status: string, cause = 'never_started') => [status, cause, null, null, false];

describe('a unit whose end is on record', () => {
  it.each<[string, Partial<BatchEvidence>, number, unknown[]]>([
    ['0, whatever the batch came to', open('timeout'), 0, done],
    ['0, in a batch that was cancelled', { complete: false, cancelled: true }, 0, done],
    ['a code', open('timeout'), 3, ['failed', 'exit', 3, null, false]],
    ['126 and 127 are its own codes', {}, 127, ['failed', 'exit', 127, null, false]],
    ['200 is a code', {}, 200, ['failed', 'exit', 200, null, false]],
    ['a signal, batch complete', {}, 137, own(9)],
    ['a kill, and the job was out of memory', open('out_of_memory'), 137, lost('failed', 'out_of_memory', 9)],
    ['another signal in such a job is its own', open('out_of_memory'), 139, own(11)],
    ['SIGTERM at the time limit', open('timeout'), 143, lost('failed', 'timeout', 15)],
    ['SIGKILL at the time limit', open('timeout'), 137, lost('failed', 'timeout', 9)],
    ['SIGSEGV in a batch that reached it later', open('timeout'), 139, own(11)],
    ['SIGABRT likewise', open('timeout'), 134, own(6)],
    ['SIGFPE likewise', open('timeout'), 136, own(8)],
    ['SIGSEGV on a node that failed later', open('node'), 139, own(11)],
    ['SIGTERM when the node went', open('node'), 143, lost('failed', 'interrupted', 15)],
    ['SIGTERM of a cancellation', { complete: false, cancelled: true }, 143, lost('failed', 'cancelled', 15)],
  ])('%s', (_, header, status, expected) => {
    expect(verdict(header, endedUnit(0, status))).toEqual(expected);
  });

  it('an end that the shell did not learn is no success, and is not repeated unasked', () => {
    expect(verdict({}, endedUnit(0, null))).toEqual(lost('failed', 'interrupted'));
    expect(verdict({}, endedUnit(0, null), rerun)).toEqual(lost('again', 'interrupted'));
  });

  it('an output that is not valid is the task’s error, one that is lost is not', () => {
    const bad = judgeTries([tryOf({}, endedUnit(0, 0, { problem: 'p' }))], strict)[0]?.units[0];
    expect(bad).toMatchObject({
      status: 'failed',
      cause: 'invalid_output',
      message: 'p',
      lost_output: false,
    });
    const gone = endedUnit(0, 0, { problem: 'p', lost_output: true });
    expect(judgeTries([tryOf({}, gone)], strict)[0]?.units[0]).toMatchObject({ lost_output: true });
  });
});

describe('a unit that began and has no end', () => {
  it.each<[string, Partial<BatchEvidence>, string]>([
    ['memory', open('out_of_memory'), 'out_of_memory'],
    ['time', open('timeout'), 'timeout'],
    ['node', open('node'), 'interrupted'],
    ['signal', open('signal'), 'interrupted'],
    ['script', open('failed'), 'interrupted'],
    ['nobody knows', { complete: false }, 'interrupted'],
    ['a copy that closed has not seen it', {}, 'interrupted'],
  ])('%s: fails, and runs again where that is allowed', (_, header, cause) => {
    expect(verdict(header, begunUnit(0))).toEqual(lost('failed', cause));
    expect(verdict(header, begunUnit(0), rerun)).toEqual(lost('again', cause));
  });

  it('never again after a cancellation', () => {
    expect(verdict({ complete: false, cancelled: true }, begunUnit(0), rerun)).toEqual(
      lost('failed', 'cancelled'),
    );
    const both = { ...open('timeout'), cancelled: true };
    expect(verdict(both, begunUnit(0), rerun)).toEqual(lost('failed', 'timeout'));
  });
});

describe('a unit that never began', () => {
  it.each<[string, Partial<BatchEvidence>, unknown[]]>([
    ['memory', open('out_of_memory'), never('again')],
    ['time', open('timeout'), never('again')],
    ['node', open('node'), never('again')],
    ['signal', open('signal'), never('again')],
    ['nobody knows', { complete: false }, never('again')],
    ['script', open('failed'), never('failed')],
    ['script, told to start nothing more', { ...open('failed'), quit: 95 }, never('again')],
    ['script of a paused run', { ...open('failed'), quit: 97 }, never('again')],
    ['refused', { complete: false, journalled: false, refusal: 'no' }, never('failed')],
    ['refused to one attempt, run by another', { complete: false, refusal: 'no' }, never('again')],
    ['job cancelled by hand', open('cancelled'), never('failed', 'cancelled')],
    ['run cancelled', { complete: false, cancelled: true }, never('failed', 'cancelled')],
    ['not executable', { not_executable: true }, never('failed', 'not_executable')],
  ])('%s', (_, header, expected) => {
    expect(verdict(header, neverBegunUnit(0))).toEqual(expected);
  });
});

describe('the next try', () => {
  const barren = (n: number) => tryOf({ try: n, ...open('node') }, neverBegunUnit(0));

  it('is bounded by tries in which nothing ended', () => {
    const statuses = judgeTries([1, 2, 3, 4, 5].map(barren), strict).map(({ units }) => units[0]?.status);
    expect(statuses).toEqual(['again', 'again', 'again', 'again', 'failed']);
  });

  it('costs nothing where it is only paused, however often', () => {
    const pause = (n: number) => tryOf({ try: n, ...open('failed'), quit: 97 }, neverBegunUnit(0));
    const statuses = judgeTries([1, 2, 3, 4, 5, 6, 7].map(pause), strict).map(
      ({ units }) => units[0]?.status,
    );
    expect(statuses).toEqual(Array(7).fill('again'));
  });

  it('has its budget back after one in which something ended', () => {
    const some = tryOf({ try: 5, ...open('node') }, endedUnit(1, 0), neverBegunUnit(0));
    const outcomes = judgeTries([...[1, 2, 3, 4].map(barren), some, barren(6)], strict);
    expect(outcomes[4]?.units[1]?.status).toBe('again');
    expect(outcomes[5]?.units[0]?.status).toBe('again');
  });

  it('avoids nodes that were at fault, the newest eight, and no others', () => {
    const fault = (n: number, node: string, nodeAtFault: boolean) =>
      tryOf({ try: n, ...open('node', { node, nodeAtFault }) }, endedUnit(n, 0), neverBegunUnit(0));
    const last = judgeTries([fault(1, 'a', true), fault(2, 'b', false), fault(3, 'a', true)], strict).at(-1);
    expect(last?.header.bad_nodes).toEqual(['a']);
    const many = Array.from({ length: 10 }, (_, n) => fault(n + 1, `n${n}`, true));
    expect(judgeTries(many, strict).at(-1)?.header.bad_nodes).toEqual(
      Array.from({ length: 8 }, (_, n) => `n${n + 2}`),
    );
  });
});

describe('a unit that was interrupted, and that the next try does not begin', () => {
  const killed = tryOf({ ...open('out_of_memory'), told_job: '1' }, endedUnit(0, 137));
  const second = (header: Partial<BatchEvidence>) => tryOf({ try: 2, ...header }, neverBegunUnit(0));
  const after = (header: Partial<BatchEvidence>, ...more: TryEvidence[]) =>
    judgeTries([killed, second(header), ...more], rerun).at(-1)?.units[0];

  it('keeps what interrupted it, and where its log is', () => {
    expect(after(open('node'))).toMatchObject({
      ...{ status: 'again', cause: 'out_of_memory', signal: 9, interrupted: false, interrupted_in: 1 },
    });
  });

  it('has not failed as one that never started', () => {
    const refused = after({ complete: false, journalled: false, refusal: 'too much' });
    expect(refused).toMatchObject({ status: 'failed', cause: 'out_of_memory', signal: 9 });
    expect(refused?.message).toMatch(/used more memory.*was to run again/);
    const barren = [3, 4, 5, 6].map((n) => tryOf({ try: n, ...open('node') }, neverBegunUnit(0)));
    expect(after(open('node'), ...barren)).toMatchObject({ status: 'failed', cause: 'out_of_memory' });
  });

  it('is cancelled with its job', () => {
    const cancelled = after(open('cancelled'));
    expect(cancelled).toMatchObject({ status: 'failed', cause: 'cancelled', interrupted: false });
    expect(cancelled?.message).toBe('cancelled before it ran again');
  });

  it('asks for no more than before', () => {
    const wants = (...tries: TryEvidence[]) => verdictOn(rerun, ...tries).units.get(0)?.wants;
    expect(wants(killed)).toEqual({ memory: 1, time: 0 });
    expect(wants(killed, second(open('out_of_memory')))).toEqual({ memory: 1, time: 0 });
  });

  it('is forgotten once it has begun again', () => {
    const begun = tryOf({ try: 3, ...open('timeout') }, begunUnit(0));
    expect(after(open('node'), begun)).toMatchObject({ cause: 'timeout', interrupted_in: 3 });
    expect(after(open('node'), tryOf({ try: 3 }, endedUnit(0, 0)))).toMatchObject({
      ...{ status: 'done', interrupted_in: null },
    });
  });
});

it('jobs keep every id, and the scheduler’s word on the one it was about', () => {
  const header = { ...open('timeout'), job_ids: ['7', '8'], told_job: '8' };
  const [outcome] = judgeTries([tryOf(header, begunUnit(0))], strict);
  expect(outcome?.header.jobs.map(({ job_id, state, node }) => [job_id, state, node])).toEqual([
    ['7', null, null],
    ['8', 'TIMEOUT', 'n1'],
  ]);
});
