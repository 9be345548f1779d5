/**
 * bash's own race: `wait` can say -1 of a process that has ended between bash's look at it and its waitpid(2). It
 * comes once in some 100,000 units (`npm run bench -- images`), so here `wait` is made to say so.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { scriptOf, statusesOf, type ScriptTest } from './scripts.js';

const WAIT = '    wait "$1"\n    status=$?\n';

/** The script with another `wait`: `lies` are shell commands that set $status, $1 is the process. */
const lying = async (test: ScriptTest, lies: string): Promise<ScriptTest> => {
  const text = await readFile(test.batch.paths.script, 'utf8');
  expect(text).toContain(WAIT);
  const header = `lying_wait() {\n${lies}\n}`;
  const changed = text.replace(WAIT, '    lying_wait "$1"\n').replace('\n', () => `\n${header}\n`);
  await writeFile(test.batch.paths.script, changed);
  return test;
};

/** -1 for each process the first time that it is waited for, the truth from then on. */
const ONCE = `if [[ \${lied-} != "$1" ]]; then lied=$1; sleep 0.1; status=-1; return; fi
wait "$1"; status=$?`;

/** -1 for unit 1, however often it is asked; the truth for lanes and other units. */
const NEVER_OF_UNIT_1 = `if [[ \${ft_index-} == 1 ]]; then wait "$1"; status=-1; return; fi
wait "$1"; status=$?`;

/** -1, then "no child of mine" for unit 1. */
const FORGOTTEN_UNIT_1 = `if [[ \${ft_index-} != 1 ]]; then wait "$1"; status=$?; return; fi
if [[ \${lied-} == "$1" ]]; then status=127; else wait "$1"; lied=$1; status=-1; fi`;

describe('batch script: an end that bash has lost', () => {
  it('is asked for once more: no unit and no lane is lost', async () => {
    const test = await lying(
      await scriptOf(['true', 'exit 3', 'exit 127', 'kill -9 $$'], { lanes: 2 }),
      ONCE,
    );
    expect(await test.run()).toBe(0);
    const journal = await test.journals();
    expect(journal.complete).toBe(true);
    // 127 is also what bash says of a process that it does not know: nobody can tell, so it is not claimed.
    expect(statusesOf(journal)).toEqual({ 0: 0, 1: 3, 2: null, 3: 137 });
  });

  it.each([NEVER_OF_UNIT_1, FORGOTTEN_UNIT_1])(
    'and does not come back is on record as unknown, and the lane goes on',
    async (lies) => {
      const test = await lying(await scriptOf(['true', 'true', 'true'], { lanes: 1 }), lies);
      expect(await test.run()).toBe(0);
      const journal = await test.journals();
      expect(journal).toMatchObject({ complete: true, copies: [{ quit: null }] });
      expect(statusesOf(journal)).toEqual({ 0: 0, 1: null, 2: 0 });
      expect((await test.begun()).sort()).toEqual([0, 1, 2].map(test.stem));
    },
  );

  it('of a lane closes nothing, and says what is not known', async () => {
    const lanes = 'if [[ -z ${ft_index-} ]]; then wait "$1"; status=-1; return; fi\nwait "$1"; status=$?';
    const test = await lying(await scriptOf(['true', 'true'], { lanes: 1 }), lanes);
    const script = test.start();
    expect(await script.ended).toBe(95);
    expect(script.stderr()).toContain('how a lane ended is not known');
    const journal = await test.journals();
    expect(journal).toMatchObject({ complete: false, copies: [{ quit: 95 }] });
    expect(statusesOf(journal)).toEqual({ 0: 0, 1: 0 });
  });
});
