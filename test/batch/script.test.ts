import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until, untilFile } from '../support/until.js';
import { scriptOf, statusesOf } from './scripts.js';

const BUSY = 'while ! [ -e $here/go ]; do sleep 0.02; done';
const there = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('batch script: who may run', () => {
  it('belongs to the first job, another one exits with 90', async () => {
    const test = await scriptOf(['true']);
    expect(await test.run('1')).toBe(0);
    expect(await test.run('2')).toBe(90);
    expect(await readFile(test.batch.paths.owner, 'utf8')).toBe('1\n');
    expect((await test.journals()).copies).toHaveLength(1);
  });

  it('goes on with what never started when its job comes back after a requeue', async () => {
    const test = await scriptOf(
      ['true', 'while ! [ -s $here/pid ]; do sleep 0.02; done; kill -9 $(cat $here/pid)', 'true'],
      { lanes: 1 },
    );
    const first = test.start('7');
    // The second unit kills the script; the lane, in a group of its own, lives on as after the death of a slurmd.
    await writeFile(test.here('pid'), String(first.pid));
    expect(await first.ended).toBe('SIGKILL');
    expect(await test.run('7', 1)).toBe(0);
    const after = await test.journals();
    expect(after.complete).toBe(true);
    await until('the lane left alone to end', async () => (await test.begun()).length === 3);
    expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
    expect(after.copies.map(({ jobId, restart }) => [jobId, restart])).toEqual([
      ['7', 0],
      ['7', 1],
    ]);
  });

  it('never runs the same restart of the same job twice: the scheduler has given an id again', async () => {
    const test = await scriptOf(['true']);
    expect(await test.run('1', 0)).toBe(0);
    expect(await test.run('1', 0)).toBe(90);
  });

  it('starts no further unit while the mark of a pause is there', async () => {
    const before = await scriptOf(['true']);
    await writeFile(before.here('.runner/paused'), '');
    expect(await before.run()).toBe(97);
    expect(await before.begun()).toEqual([]);
    const amid = await scriptOf([': >$here/.runner/paused', 'true'], { lanes: 1 });
    expect(await amid.run()).toBe(97);
    const journal = await amid.journals();
    expect(journal).toMatchObject({ complete: false, copies: [{ quit: 97 }] });
    expect(statusesOf(journal)).toEqual({ 0: 0 });
    expect(await there(amid.file(1, 'log.txt'))).toBe(false);
  });

  it('says that it was paused also when the run was resumed while its lanes stopped', async () => {
    const test = await scriptOf(
      [
        `: >$here/busy; ${BUSY}; rm $here/.runner/paused`,
        'while ! [ -e $here/busy ]; do sleep 0.02; done; : >$here/.runner/paused',
        'true',
        'true',
      ],
      { lanes: 2 },
    );
    const script = test.start('1');
    await untilFile(test.here('.runner/paused'));
    await until(
      'the second lane has stopped',
      async () => Object.keys(statusesOf(await test.journals())).length === 1,
    );
    await writeFile(test.here('go'), '');
    expect(await script.ended).toBe(97);
  });

  it('starts nothing with a tombstone, and nothing more after one', async () => {
    const before = await scriptOf(['true']);
    await writeFile(before.batch.paths.tombstone, '');
    expect(await before.run()).toBe(91);
    expect(await there(before.batch.paths.owner)).toBe(false);
    const amid = await scriptOf([': >$here/.runner/tombstone', 'true'], { lanes: 1 });
    expect(await amid.run()).toBe(91);
    const journal = await amid.journals();
    expect(journal).toMatchObject({ complete: false, copies: [{ quit: 91 }] });
    expect(statusesOf(journal)).toEqual({ 0: 0 });
    expect(await there(amid.file(1, 'log.txt'))).toBe(false);
  });

  it('begins every unit once, however many lanes reach for it at the same time', async () => {
    const units = Array.from({ length: 400 }, () => 'true');
    const test = await scriptOf(units, { lanes: 16, command: ['true'] });
    expect(await test.run()).toBe(0);
    // One line for each start: ends of the same unit would be two lines.
    const ends = (await test.journal()).split('\n').filter((line) => line.startsWith('E '));
    expect(ends.map((line) => Number(line.split(' ')[1])).sort((a, b) => a - b)).toEqual(
      units.map((_, i) => i),
    );
  });

  it('skips a unit that an earlier try has claimed, and closes all the same', async () => {
    const test = await scriptOf(['true', 'true']);
    await writeFile(test.file(0, 'log.txt'), 'from before');
    expect(await test.run()).toBe(0);
    expect(statusesOf(await test.journals())).toEqual({ 1: 0 });
    expect(await test.begun()).toEqual([test.stem(1)]);
    expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe('from before');
  });
});

describe('batch script: how units run', () => {
  it('frees the claim of a unit that an earlier try has begun, once, however many lanes see it', async () => {
    const test = await scriptOf(
      Array.from({ length: 40 }, () => 'echo ran'),
      { lanes: 8 },
    );
    const units = await readFile(test.batch.paths.units, 'utf8');
    // All but the last were interrupted in try 1.
    await writeFile(
      test.batch.paths.units,
      units.replaceAll(/^(\d+)\t/gm, (_, index: string) => (index === '39' ? '39\t' : `${index}+1\t`)),
    );
    for (let index = 0; index < 39; index++) await writeFile(test.file(index, 'log.txt'), 'interrupted\n');
    expect(await test.run()).toBe(0);
    const journal = await test.journals();
    expect(journal).toMatchObject({ complete: true });
    expect(journal.ends.size).toBe(40);
    for (let index = 0; index < 39; index++) {
      expect(await readFile(test.file(index, 'log.1.txt'), 'utf8')).toBe('interrupted\n');
      expect(await readFile(test.file(index, 'log.txt'), 'utf8')).toBe('ran\n');
    }
    expect(await there(test.file(39, 'log.1.txt'))).toBe(false);
  });

  it('passes over a unit whose claim it has freed and taken in an earlier life', async () => {
    const test = await scriptOf(['true']);
    const units = await readFile(test.batch.paths.units, 'utf8');
    await writeFile(test.batch.paths.units, units.replace(/^0\t/, '0+1\t'));
    await writeFile(test.file(0, 'log.txt'), 'begun in this try\n');
    await writeFile(test.file(0, 'log.1.txt'), 'interrupted\n');
    expect(await test.run()).toBe(0);
    expect((await test.journals()).ends.size).toBe(0);
    expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe('begun in this try\n');
  });

  it('has a process group for each, with SIGINT as usual and the locale of the user', async () => {
    const facts = "grep SigIgn /proc/$$/status; cut -d' ' -f5 /proc/$$/stat; echo $$ ${LC_ALL-none}";
    const test = await scriptOf([facts, facts]);
    expect(await test.run('1', 0, { LC_ALL: 'C.UTF-8' })).toBe(0);
    const [ignored, group, pid, locale] = (await readFile(test.file(0, 'log.txt'), 'utf8')).split(/[\n ]/);
    const sigint = 0x2n;
    expect(
      BigInt(
        `0x${(ignored ?? '')
          .replace(/\D*:\s*/, '')
          .replace('SigIgn:', '')
          .trim()}`,
      ) & sigint,
    ).toBe(0n);
    expect(group).toBe(pid);
    expect(locale).toBe('C.UTF-8');
  });

  it('leaves a locale unset that was unset', async () => {
    const test = await scriptOf(['echo ${LC_ALL-none}']);
    expect(await test.run('1', 0, { LC_ALL: undefined })).toBe(0);
    expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe('none\n');
  });

  it('runs a program although the shell has a builtin or a function of that name', async () => {
    for (const word of ['printf', 'start_unit']) {
      const test = await scriptOf(['unused'], { command: [word], header: [`PATH=$PWD/bin:$PATH`] });
      await mkdir(test.here('bin'));
      await writeFile(test.here(`bin/${word}`), '#!/bin/sh\necho the program\n', { mode: 0o755 });
      expect(await test.run('1', 0, { PATH: `${test.here('bin')}:${process.env['PATH'] ?? ''}` })).toBe(0);
      expect(await readFile(test.file(0, 'log.txt'), 'utf8')).toBe('the program\n');
    }
  });

  it('removes an output that lies there from before, as real tasks refuse to write over it', async () => {
    const test = await scriptOf(['test ! -e $out']);
    await writeFile(test.file(0, 'metadiff.json'), '{}');
    expect(await test.run()).toBe(0);
    expect(await test.journals()).toMatchObject({ ends: new Map([[0, { status: 0, wroteOutput: false }]]) });
  });

  it('takes an argument line of 10 MB', async () => {
    const urls = Array.from(
      { length: 100_000 },
      (_, i) => `/data/plate.zarr/A/01/${i}/${'x'.repeat(75)}`,
    ).join(' ');
    const test = await scriptOf(['cp $args $out'], { args: { urls } });
    expect(await test.run()).toBe(0);
    const out = JSON.parse(await readFile(test.file(0, 'metadiff.json'), 'utf8')) as { urls: string };
    expect(out.urls === urls).toBe(true);
  });

  it('is not disturbed by what the lines before have set', async () => {
    const header = [
      'set -aeuf -o pipefail -o noclobber',
      'IFS=x',
      'cd /',
      'shopt -s nullglob failglob',
      'exec 5>&2',
      'cd() { return 1; }',
      'read() { return 1; }',
      "trap 'kill $$' ERR",
    ];
    const test = await scriptOf(['exit 1', 'echo *', 'true'], { header, lanes: 2 });
    expect(await test.run()).toBe(0);
    expect(statusesOf(await test.journals())).toEqual({ 0: 1, 1: 0, 2: 0 });
    expect(await readFile(test.file(1, 'log.txt'), 'utf8')).toContain('program');
  });

  it('does not take a suspended unit or lane for one that has ended', async () => {
    const test = await scriptOf(["echo $$ >$here/unit; cut -d' ' -f4 /proc/$$/stat >$here/lane; " + BUSY]);
    const script = test.start();
    await untilFile(test.here('lane'));
    await until('both pids', async () => /\d\n$/.test(await readFile(test.here('lane'), 'utf8')));
    const pids = await Promise.all(
      ['unit', 'lane'].map(async (n) => Number(await readFile(test.here(n), 'utf8'))),
    );
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    for (const pid of pids) {
      await until('stopped', async () => / T /.test(await readFile(`/proc/${pid}/stat`, 'utf8')));
    }
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    expect(statusesOf(await test.journals())).toEqual({});
    await writeFile(test.here('go'), '');
    expect(await script.ended).toBe(0);
    expect(statusesOf(await test.journals())).toEqual({ 0: 0 });
  });
});

describe('batch script: signals', () => {
  const GRACEFUL = `trap ': >$here/told' TERM; : >$here/up; ${BUSY}; exit 0`;

  it('ends by SIGTERM after the units that run; one that ends well is on record, one that is killed is not', async () => {
    const test = await scriptOf([GRACEFUL, 'echo $$ >$here/pid; sleep 600', 'true'], { lanes: 2 });
    const script = test.start();
    await untilFile(test.here('up'));
    await until(
      'the second unit',
      async () => (await there(test.here('pid'))) && (await test.begun()).length === 2,
    );
    process.kill(script.pid, 'SIGTERM');
    await until('the pid', async () => /\n/.test(await readFile(test.here('pid'), 'utf8')));
    // Units are left to whoever signals all processes of a job, as schedulers do.
    const unit = Number(await readFile(test.here('pid'), 'utf8'));
    const lane = Number(/^PPid:\s*(\d+)/m.exec(await readFile(`/proc/${unit}/status`, 'utf8'))?.[1]);
    process.kill(-unit, 'SIGTERM');
    // Its lane has ended: by then the other has had the signal too, and its unit's end does not fall together with it.
    await until('the end of the lane', async () => {
      const status = await readFile(`/proc/${lane}/status`, 'utf8').catch(() => 'State:\tZ');
      return /^State:\s*Z/m.test(status);
    });
    await writeFile(test.here('go'), '');
    expect(await script.ended).toBe('SIGTERM');
    const journal = await test.journals();
    expect(journal).toMatchObject({ complete: false, copies: [{ quit: 94 }] });
    expect(statusesOf(journal)).toEqual({ 0: 0 });
    expect(await there(test.file(2, 'log.txt'))).toBe(false);
  });

  it('starts nothing more after SIGUSR1 and exits with 95', async () => {
    const test = await scriptOf([`: >$here/up; ${BUSY}; exit 4`, 'true'], { lanes: 1 });
    const script = test.start();
    await untilFile(test.here('up'));
    process.kill(script.pid, 'SIGUSR1');
    await writeFile(test.here('go'), '');
    expect(await script.ended).toBe(95);
    expect(statusesOf(await test.journals())).toEqual({ 0: 4 });
    expect((await test.journals()).complete).toBe(false);
  });
});

describe('batch script: failing storage', () => {
  it('gives the claim back and starts nothing more when arguments cannot be written', async () => {
    const test = await scriptOf(['true', 'true', 'true'], { lanes: 1 });
    await mkdir(test.file(1, 'args.json'));
    expect(await test.run()).toBe(92);
    expect(statusesOf(await test.journals())).toEqual({ 0: 0 });
    expect(await there(test.file(1, 'log.txt'))).toBe(false);
    expect(await there(test.file(2, 'log.txt'))).toBe(false);
    expect((await test.journals()).complete).toBe(false);
  });

  it('starts nothing more, in any lane, when an end cannot be put on record', async () => {
    const full = 'ln -sf /dev/full $here/.runner/journal-1-0.journal; : >$here/full';
    const other = 'while ! [ -e $here/full ]; do sleep 0.02; done';
    const test = await scriptOf([full, other, 'true', 'true'], { lanes: 2 });
    expect(await test.run()).toBe(92);
    expect((await test.begun()).sort()).toEqual([0, 1].map(test.stem));
  });

  it('refuses a units file that is cut short', async () => {
    const test = await scriptOf(['true', 'true']);
    const text = await readFile(test.batch.paths.units, 'utf8');
    await writeFile(test.batch.paths.units, text.slice(0, -5));
    const script = test.start();
    expect(await script.ended).toBe(93);
    expect(script.stderr()).toContain('does not hold 2 units');
    expect(await there(test.file(1, 'log.txt'))).toBe(false);
  });

  it('says when the working folder is not there', async () => {
    const test = await scriptOf(['true']);
    const text = await readFile(test.batch.paths.script, 'utf8');
    await writeFile(
      test.batch.paths.script,
      text.replace(/^ft_working_dir=.*$/m, 'ft_working_dir=/nonexistent'),
    );
    expect(await test.run()).toBe(93);
    expect(await test.journals()).toMatchObject({ copies: [{ quit: 93 }], ends: new Map() });
  });
});
