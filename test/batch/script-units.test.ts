/** Batch script: how units run. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until, untilFile } from '../support/until.js';
import { BUSY, scriptOf, statusesOf, there } from './scripts.js';

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
