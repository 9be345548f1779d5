/** Batch script: signals, and failing storage. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until, untilFile } from '../support/until.js';
import { BUSY, scriptOf, statusesOf, there } from './scripts.js';

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
