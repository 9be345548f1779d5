/** Runs that were killed for good, of every release, and those that go on from them (docs/continuing.md). */
import { rm, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { continuedRequest } from '../../src/client/index.js';
import { abandonedPath } from '../../src/state/paths.js';
import { harness, begun, shapeOf } from '../support/continued-runs.js';
import { keptRuns, restoreRun } from '../support/kept-runs.js';

const releases = await readdir(keptRuns);

describe('a run that was killed for good, left by', () => {
  it.each(releases)('%s, is continued, and no unit runs again', async (release) => {
    const dir = await harness.folder();
    await restoreRun(release, dir);
    const earlier = join(dir, 'run');
    // Of another server, which nobody can ask any more.
    await writeFile(abandonedPath(earlier), '');
    // What made units of some of these runs fail.
    await rm(join(dir, 'broken'), { force: true });
    const before = await shapeOf(earlier);
    const handle = await harness.start(await continuedRequest(earlier));
    const result = await handle.result();
    expect(result.task_runs.map(({ status, units }) => [status, units.map(({ status }) => status)])).toEqual([
      ['done', Array.from({ length: 11 }, () => 'done')],
      ['done', Array.from({ length: 10 }, () => 'done')],
      ['done', Array.from({ length: 10 }, () => 'done')],
    ]);
    expect(await shapeOf(earlier)).toEqual(before);
    const counts: Record<string, number> = {};
    for (const name of await begun(join(dir, 'runs'))) counts[name] = (counts[name] ?? 0) + 1;
    // Units of the last three images have failed in those, and they alone run once more.
    const failed = /-(held|continued)$/.test(release) ? 1 : 0;
    const each = Array.from(
      { length: 10 },
      (_, index) => [`image${index}`, index < 7 ? 3 : 3 + failed] as const,
    );
    expect(counts).toEqual({ '*': 1, ...Object.fromEntries(each) });
  });
});
