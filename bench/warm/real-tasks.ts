/** What real tasks of three packages leave, file by file: plain starts, an empty cache, and one of an earlier run. */
import { ensureTaskEnvironment, THIRD_PACKAGE } from '../../examples/demo/task-environment.js';
import { cacheFolder } from '../../src/server/folders.js';
import type { Bench, BenchContext, Row } from '../bench.js';
import { zarrDirOf } from '../requests.js';
import { compareFolders } from './files.js';
import { comparisonRow } from './rows.js';
import { atSite } from './site.js';
import { manyTasks } from './workflow.js';

const LANES = 2;

const run = (context: BenchContext): Promise<Row[]> =>
  atSite(context, LANES, async (site) => {
    const third = await ensureTaskEnvironment(cacheFolder(), context.say, THIRD_PACKAGE);
    const tasks = await manyTasks(site.environments, third, site.plate);
    const once = async (warm: boolean): Promise<string> => {
      const dir = await site.newFolder();
      const { wall, processor } = await site.run({ tasks, warm }, dir);
      context.say(`${warm ? 'warm' : 'plain'}: ${wall.toFixed(1)} s (processor ${processor.toFixed(1)} s)`);
      return zarrDirOf(dir);
    };
    const empty = await once(true);
    await site.endServers();
    const filled = await once(true);
    const plain = await once(false);
    const what = `output of ${tasks.length} real tasks of three packages`;
    return [
      comparisonRow(`${what}, empty cache`, await compareFolders(plain, empty)),
      comparisonRow(`${what}, cache of an earlier run`, await compareFolders(plain, filled)),
    ];
  });

export const realTasksBench: Bench = {
  name: 'real-tasks',
  title: 'files of real tasks, warm and plain',
  run,
  byNameOnly: true,
};
