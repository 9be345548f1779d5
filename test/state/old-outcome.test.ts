/** Outcome files of 0.1: read as evidence, they lead to the verdict that stands in them. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { evidenceOfOldOutcome } from '../../src/state/old-outcome.js';
import { judgeTries, policyWith } from '../outcomes/evidence.js';

interface OldLine {
  [field: string]: unknown;
  status?: string;
}

const recorded = (name: string): Promise<string> =>
  readFile(fileURLToPath(new URL(`../fixtures/outcomes-0.1/${name}.jsonl`, import.meta.url)), 'utf8');

const linesOf = (text: string): OldLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OldLine);

const textOf = (lines: OldLine[]): Buffer =>
  Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

const judged = (bytes: Buffer, rerunInterrupted = true) => {
  const [outcome] = judgeTries(
    [evidenceOfOldOutcome(bytes)],
    policyWith({ rerun_interrupted: rerunInterrupted }),
  );
  if (outcome === undefined) throw new TypeError('one try has one outcome');
  return outcome;
};

/** `ends`, ended by `cause`, its last unit as `last` says. */
const endedBy = async (cause: string, last: OldLine, header: OldLine = {}): Promise<Buffer> => {
  const [first = {}, ...units] = linesOf(await recorded('ends'));
  const unit = {
    ...units.at(-1),
    exit_code: null,
    job_id: null,
    seconds: null,
    ended_at: null,
    message: null,
  };
  return textOf([
    { ...first, cause, message: cause, ...header },
    ...units.slice(0, -1),
    { ...unit, ...last },
  ]);
};

describe('recorded files', () => {
  it.each(['ends', 'not-executable'])('%s', async (name) => {
    const text = await recorded(name);
    const outcome = judged(Buffer.from(text));
    const [header, ...units] = linesOf(text);
    expect(outcome.units).toMatchObject(units);
    expect(outcome.header).toMatchObject({ key: header?.['key'], jobs: header?.['jobs'], backend: 'local' });
  });
});

describe('units that did not end', () => {
  it.each([
    ['out_of_memory', { status: 'again', cause: 'out_of_memory', interrupted: true, signal: 9 }],
    ['timeout', { status: 'again', cause: 'timeout', interrupted: true, signal: null }],
    ['node', { status: 'again', cause: 'interrupted', interrupted: true, signal: null }],
    ['node', { status: 'again', cause: 'never_started', interrupted: false, signal: null }],
    ['failed', { status: 'failed', cause: 'never_started', interrupted: false, signal: null }],
    ['cancelled', { status: 'failed', cause: 'cancelled', interrupted: true, signal: null }],
  ])('%s, %o', async (cause, unit) => {
    const ended = unit.signal === null ? {} : { seconds: 1, ended_at: 2, job_id: '6073' };
    const outcome = judged(await endedBy(cause, { ...unit, ...ended }));
    expect(outcome.header.cause).toBe(cause);
    expect(outcome.units.at(-1)).toMatchObject(unit);
  });

  it('are not run again where that is not allowed', async () => {
    const unit = { status: 'failed', cause: 'interrupted', interrupted: true, signal: null };
    expect(judged(await endedBy('node', unit), false).units.at(-1)).toMatchObject(unit);
  });
});

it('keeps jobs and nodes of SLURM, and its backend', async () => {
  const script = '/data/run/0_task_0/par-000000-slurm-submit.sh';
  const job = {
    job_id: '77',
    job_name: 'n',
    state: 'NODE_FAIL',
    node: 'n1',
    usage: null,
    requested: { mem: 1 },
  };
  const unit = { status: 'again', cause: 'never_started', interrupted: false, signal: null };
  const { header } = judged(await endedBy('node', unit, { script, jobs: [job], bad_nodes: ['n1'] }));
  expect(header).toMatchObject({ backend: 'slurm', jobs: [job], bad_nodes: ['n1'] });
});
