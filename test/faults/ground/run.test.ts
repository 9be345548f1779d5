/** What the suite of faults waits for comes, or it is told. */
import { expect, it } from 'vitest';
import { bounded } from './bounded.js';
import { found } from './run.js';

const look = (): Promise<string[]> => Promise.resolve([]);

it('looks for units of a held run no longer: its operator waits for the fault that looks', async () => {
  let looks = 0;
  const standsStill = (): Promise<boolean> => Promise.resolve((looks += 1) > 1);
  await expect(found({ standsStill }, look)).resolves.toEqual([]);
  expect(looks).toBe(2);
});

it('says what did not come', async () => {
  const never = new Promise<never>(() => undefined);
  await expect(bounded('an answer', 10, never)).rejects.toThrow('not within 0.01 s: an answer');
});
