/**
 * Very many units by the script alone: what comes once in some 100,000 units shows here or nowhere. By hand:
 * `npm run test:large -- --units 1000000`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { scriptOf, statusesOf, type ScriptTest } from './scripts.js';

const COUNT = Number(process.env.FRACTAL_UNITS ?? 9_000);
/** Of one batch at most: its files are removed before the next one begins. */
const BATCH_UNITS = 100_000;
const BATCHES = Math.max(3, Math.ceil(COUNT / BATCH_UNITS));
/** On a machine with much else to do a unit takes several milliseconds. */
const UNIT_MS = 50;

const ASKED_ONCE_MORE = '      ((lost += 1))\n';

/** The script, which also puts on record each time that bash did not know of an end at first. */
const withLostEnds = async (test: ScriptTest): Promise<() => Promise<number>> => {
  const text = await readFile(test.batch.paths.script, 'utf8');
  expect(text).toContain(ASKED_ONCE_MORE);
  const record = test.here('lost');
  const line = `${ASKED_ONCE_MORE}      printf . >>'${record}'\n`;
  await writeFile(test.batch.paths.script, text.replace(ASKED_ONCE_MORE, line));
  await writeFile(record, '');
  return async () => (await readFile(record, 'utf8')).length;
};

const batches = Array.from({ length: BATCHES }, (_, batch) => ({
  batch: batch + 1,
  units: Math.floor(((batch + 1) * COUNT) / BATCHES) - Math.floor((batch * COUNT) / BATCHES),
  lanes: 2 + (batch % 3),
}));

describe(`batch script: ${COUNT} units of \`true\``, () => {
  it.each(batches)(
    'batch $batch: each of $units units has one end, in $lanes lanes',
    async ({ batch, units, lanes }) => {
      const test = await scriptOf(Array<string>(units).fill('true'), { lanes, command: ['true'] });
      const lostEnds = await withLostEnds(test);
      const began = performance.now();
      expect(await test.run()).toBe(0);
      const seconds = (performance.now() - began) / 1000;

      const lines = (await test.journal()).split('\n').filter((line) => line.startsWith('E '));
      expect(lines.length).toBe(units);
      const journal = await test.journals();
      expect(journal).toMatchObject({ complete: true, copies: [{ quit: null }] });
      const statuses = statusesOf(journal);
      const indexes = Array.from({ length: units }, (_, index) => index);
      expect(indexes.filter((index) => statuses[index] !== 0)).toEqual([]);
      console.log(
        `batch ${batch}: ${units} units in ${lanes} lanes, ${seconds.toFixed(1)} s, ` +
          `${await lostEnds()} ends that bash lost at first`,
      );
    },
    BATCH_UNITS * UNIT_MS,
  );
});
