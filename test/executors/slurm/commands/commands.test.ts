import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Batch } from '../../../../src/batch/contract.js';
import {
  createCommands,
  failureWords,
  type SlurmCommands,
} from '../../../../src/executors/slurm/commands/commands.js';
import { applyShare } from '../../../../src/state/rights.js';
import { callSbatch } from '../../../../src/executors/slurm/jobs/sbatch-command.js';
import { readAttempts } from '../../../../src/executors/slurm/jobs/submission-files.js';
import { fakeBatch } from '../fake-cluster.js';

let batch: Batch;
let dir: string;
let remove: () => Promise<void>;
let bin: string;

/** Puts a command of that name in front of the machine's own. */
const program = async (name: string, body: string): Promise<void> => {
  const file = join(bin, name);
  await writeFile(file, `#!/bin/bash\n${body}\n`);
  await chmod(file, 0o755);
};

const commandsWith = (env: Record<string, string> = {}, timeoutSeconds = 60): SlurmCommands =>
  createCommands({ prefix: [], env: { PATH: `${bin}:/usr/bin:/bin`, ...env }, timeoutSeconds });

beforeEach(async () => {
  ({ batch, dir, remove } = await fakeBatch());
  bin = join(dir, 'bin');
  await mkdir(bin);
  await writeFile(batch.paths.script, '#!/bin/bash\n# the script\n');
});
afterEach(() => remove());

describe('ask', () => {
  it('gives what a command printed and how it ended', async () => {
    await program('squeue', 'echo "$*"; echo no >&2; exit 3');
    expect(await commandsWith().ask('squeue', ['-u', 'a b'])).toEqual({
      exitCode: 3,
      stdout: '-u a b\n',
      stderr: 'no\n',
      cutShort: null,
    });
  });

  it('asks in the C locale, with SLURM_CONF and without what would change the answer', async () => {
    await program('squeue', 'env');
    const env = {
      LC_ALL: 'de_DE.UTF-8',
      SLURM_CONF: '/etc/x',
      SQUEUE_FORMAT: '%j',
      SLURM_TIME_FORMAT: 'x',
      TEMPORAL_API_KEY: 'x',
    };
    const lines = (await commandsWith(env).ask('squeue', [])).stdout.split('\n');
    expect(lines).toContain('LC_ALL=C');
    expect(lines).toContain('SLURM_CONF=/etc/x');
    expect(lines.filter((line) => /^(SQUEUE|SLURM_TIME|TEMPORAL)/.test(line))).toEqual([]);
  });

  it('ends a command that hangs', async () => {
    await program('squeue', 'exec sleep 1000');
    const end = await commandsWith({}, 0.2).ask('squeue', []);
    expect(end).toMatchObject({ exitCode: null, cutShort: 'timeout' });
    expect(failureWords('squeue', end, 0.2)).toBe('squeue did not answer within 0.2 s');
  });

  it('says when there is no such command, or a signal ended it', async () => {
    const missing = await commandsWith().ask('squeue-of-nobody', []);
    expect(missing).toMatchObject({ exitCode: null, cutShort: 'not_started' });
    expect(failureWords('squeue-of-nobody', missing, 1)).toMatch(/cannot be started: .*ENOENT/);
    await program('squeue', 'kill -9 $$');
    expect(await commandsWith().ask('squeue', [])).toMatchObject({ exitCode: null, cutShort: 'signal' });
  });
});

describe('callSbatch', () => {
  const call = (preCommands: string[] = [], commands = commandsWith()) =>
    callSbatch(batch, preCommands, { commands, timeoutSeconds: 30 });

  it('hands over the script, and keeps what sbatch printed', async () => {
    await program('sbatch', `cat >"${dir}/seen"; echo "$*" >>"${dir}/seen"; echo Welcome; echo 12`);
    expect(await call()).toEqual({ kind: 'accepted', jobId: '12' });
    expect(await readFile(join(dir, 'seen'), 'utf8')).toBe(
      '#!/bin/bash\n# the script\n--parsable --ignore-pbs\n',
    );
    expect(await readAttempts(batch)).toMatchObject({ jobId: '12' });
  });

  it("closes the record of an attempt that submitted nothing, with sbatch's words", async () => {
    await program('sbatch', 'echo "sbatch: error: Invalid qos specification" >&2; exit 1');
    expect(await call()).toEqual({ kind: 'refused', words: 'Invalid qos specification' });
    expect(await readAttempts(batch)).toEqual({ jobId: null, openSince: null });
  });

  it('leaves the record open when sbatch was killed', async () => {
    await program('sbatch', 'kill -9 $$');
    expect((await call()).kind).toBe('ambiguous');
    expect((await readAttempts(batch)).openSince).toBeTypeOf('number');
  });

  it("runs the site's commands first: they set what sbatch sees, and print nothing into its answer", async () => {
    await program('sbatch', `echo "$SITE" >"${dir}/seen"; cat >>"${dir}/seen"; echo 12`);
    expect(await call(['echo 99', 'export SITE="a b"'])).toEqual({ kind: 'accepted', jobId: '12' });
    expect(await readFile(join(dir, 'seen'), 'utf8')).toBe('a b\n#!/bin/bash\n# the script\n');
  });

  it('submits nothing when one of them fails', async () => {
    await program('sbatch', 'echo 12');
    const outcome = await call(['echo no such module >&2; false']);
    expect(outcome).toEqual({
      kind: 'unclear',
      perhapsTaken: false,
      words: 'no such module; pre_submission_commands failed at: false',
    });
    expect((await readAttempts(batch)).jobId).toBeNull();
  });

  it('makes its own files, and those that sbatch hands its umask on to, for nobody else', async () => {
    await program('sbatch', `: >"${dir}/job.out"; echo 12`);
    const before = process.umask(0o000);
    try {
      applyShare('private');
      await call();
    } finally {
      process.umask(before);
    }
    for (const file of [join(dir, 'job.out'), `${batch.paths.intent}.sbatch.out`]) {
      expect((await stat(file)).mode & 0o777).toBe(0o600);
    }
  });

  it("leaves the job's locale alone", async () => {
    await program('sbatch', `echo "$LC_ALL" >"${dir}/seen"; echo 12`);
    await call([], commandsWith({ LC_ALL: 'C.UTF-8' }));
    expect(await readFile(join(dir, 'seen'), 'utf8')).toBe('C.UTF-8\n');
  });
});
