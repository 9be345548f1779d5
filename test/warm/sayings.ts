/** Tasks whose units say when they begin and when they are done, whatever becomes of them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ground } from './warm-scripts.js';

/** Says that it has begun and who has forked it, works for a moment, says that it is done. */
const TASK = `import json, os, sys, time
here = os.path.dirname(os.path.abspath(__file__))
unit = os.path.basename(sys.argv[sys.argv.index('--args-json') + 1])
def say(what):
    fd = os.open(here + '/said', os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with open('/proc/%d/comm' % os.getppid()) as parent:
        os.write(fd, ('%s %s %s\\n' % (what, unit, parent.read().strip())).encode())
    os.close(fd)
say('begun')
time.sleep(0.05)
say('done')
`;

/** The file of a task in a folder of its own, which goes with the ground. */
export const sayingTask = async ({ root }: Ground, name = 'task'): Promise<string> => {
  const folder = join(root, '..', name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'task.py'), TASK);
  return join(folder, 'task.py');
};

export interface Saying {
  what: string;
  /** Name of the unit's file of arguments. */
  unit: string;
  /** A warm unit's parent is an interpreter. */
  parent: string;
}

export const sayingsOf = async (task: string): Promise<Saying[]> =>
  (await readFile(join(task, '..', 'said'), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [what = '', unit = '', parent = ''] = line.split(' ');
      return { what, unit, parent };
    });
