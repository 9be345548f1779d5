import { execFileSync } from 'node:child_process';
import { scriptBody } from '../../src/batch/script-body.js';
import { describe, expect, it } from 'vitest';
import { buildBatchScript } from '../../src/batch/script.js';
import type { Batch } from '../../src/batch/contract.js';
import { warmUpScript } from '../../src/warm/warm-up-script.js';
import { newerThanBash42 } from './newer-bash.js';

const batch: Batch = {
  ...{
    key: 'run-1',
    jobName: 'name',
    comment: '',
    runUuid: 'run',
    taskDir: "/r/it's/0_task",
    workingDir: '/r',
  },
  ...{
    command: ['/usr/bin/python3', 'a b.py', '\r\n'],
    unitCount: 10,
    lanes: 4,
    resources: {},
    avoidNodes: [],
  },
  paths: {
    ...{
      units: '/r/units',
      script: '/r/script',
      intent: '/r/intent',
      owner: '/r/owner',
      tombstone: '/r/tombstone',
    },
    ...{ journalPrefix: '/r/journal-', stdioPrefix: '/r/script-' },
  },
};
const input = { batch, header: [], jobIdExpression: '"$SLURM_JOB_ID"', restartExpression: '0' };
const scripts = [
  { ...input, control: null },
  { ...input, control: { widthFile: '/w', lanesFile: '/l' } },
  { ...input, control: null, warm: { kind: 'job' as const, cacheFolder: '/c' } },
].map(buildBatchScript);
const withoutPython = (script: string): string => script.replace(/<<'(end of server\.py)'\n[^]*^\1$/m, '');
/** Starts servers ahead of a run. */
const warmUp =
  warmUpScript({ kind: 'host', root: '/s', lock: '', cacheFolder: '/c' }, [
    { command: ['/p/python', '/a b.py'], header: ['export A=1'], cpus: 2 },
  ]) ?? '';

describe('batch script text', () => {
  it('is the same for the same input', () => {
    expect(buildBatchScript({ ...input, control: null })).toBe(scripts[0]);
  });

  it('has the lines of the backend right after the shebang, as they are', () => {
    const header = ['#SBATCH --mem=1M', '', "module load it's"];
    expect(
      buildBatchScript({ ...input, header, control: null })
        .split('\n')
        .slice(0, 4),
    ).toEqual(['#!/bin/bash', ...header]);
  });

  it('never starts more lanes than there are units', () => {
    const few = buildBatchScript({ ...input, batch: { ...batch, unitCount: 2 }, control: null });
    expect(few).toContain('\nft_lanes=2\n');
  });

  it('can be handed to sbatch: no carriage return, no NUL, and bash can read it', () => {
    for (const script of scripts) {
      expect(script).not.toMatch(/[\r\0]/);
      execFileSync('bash', ['-n'], { input: script });
    }
  });

  it('passes shellcheck', () => {
    const shellcheck = process.env['FRACTAL_TEST_SHELLCHECK'] ?? 'shellcheck';
    const check = (text: string, ...options: string[]): string => {
      try {
        return execFileSync(shellcheck, ['--shell=bash', ...options, '-'], { input: text, encoding: 'utf8' });
      } catch (error) {
        if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout);
        throw error;
      }
    };
    expect(check('echo $x\n')).toContain('SC2086');
    for (const script of scripts) expect(check(script)).toBe('');
    // What only a batch uses is given all the same.
    expect(check(warmUp, '--exclude=SC2034')).toBe('');
  });
});

describe('bash 4.2', () => {
  it('is enough for the script', () => {
    for (const script of [...scripts.map(withoutPython), warmUp]) expect(newerThanBash42(script)).toEqual([]);
    expect(newerThanBash42(scriptBody)).toEqual([]);
  });

  it.each([
    'wait -n',
    'wait -f $!',
    'wait -p pid',
    'now=$EPOCHREALTIME',
    'echo ${SRANDOM}',
    'echo ${x@Q} y',
    'echo "${a[@]@Q}"',
    'declare -n ref=x',
    'local -n ref=x',
    'local -',
    'echo ${a[-1]}',
    "mapfile -t -d '' a",
    "printf '%(%s)T\\n'",
    'shopt -s inherit_errexit',
    '[[ -v a[1] ]]',
    '[[ -R x ]]',
    'x=${ date; }',
    'set -eu',
    'set -o nounset',
  ])('is told apart from what came later: %s', (sample) => {
    expect(newerThanBash42(`#!/bin/bash\n${sample}\n`)).toHaveLength(1);
    expect(newerThanBash42(`true # ${sample}\n`)).toEqual([]);
  });

  it.each([
    'wait "$pid"',
    'read -r -t 0.1 -u 7',
    'local name=x',
    'a[i-1]=2',
    'set +u',
    '[[ -v x ]]',
    'exec 7<> <(:)',
  ])('has %s', (sample) => {
    expect(newerThanBash42(sample)).toEqual([]);
  });
});
