/** Batch script: who may run it. */
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until, untilFile } from '../support/until.js';
import { BUSY, scriptOf, statusesOf, there } from './scripts.js';

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
