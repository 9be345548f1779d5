import { describe, expect, it } from 'vitest';
import { nodesToAvoid } from '../../../../src/executors/slurm/jobs/avoid.js';
import { expandNodes } from '../../../../src/executors/slurm/commands/node-list.js';
import type { SlurmResources } from '../../../../src/executors/slurm/options/resources.js';
import { parseNodes } from '../../../../src/executors/slurm/commands/sinfo.js';
import { fakeResources } from '../fake-cluster.js';

const row = (name: string, state = 'idle', mem = 1000): string =>
  `main*|infinite|16|${mem}|${state}|${name}\n`;
const three = parseNodes(row('n1') + row('n2') + row('n3') + 'other|infinite|16|1000|idle|m1\n');

const avoided = (avoid: string[], change: Partial<SlurmResources> = {}, nodes: typeof three | null = three) =>
  nodesToAvoid(avoid, { ...fakeResources, ...change }, nodes);

describe('nodesToAvoid', () => {
  it.each<[string, string[], Partial<SlurmResources>, typeof three | null, string[]]>([
    ['leaves out what failed', ['n2'], {}, three, ['n2']],
    ['leaves one node, the one that failed first', ['n1', 'n2', 'n3'], {}, three, ['n2', 'n3']],
    ['counts what the user excludes', ['n1', 'n2'], { exclude: 'n[3-4]' }, three, ['n2']],
    ['never empties a partition of one node', ['m1'], { partition: 'other' }, three, []],
    ['counts no node that is down', ['n1'], {}, parseNodes(row('n1') + row('n2', 'drain*')), []],
    ['counts no node that is too small', ['n1'], {}, parseNodes(row('n1') + row('n2', 'idle', 10)), []],
    ['leaves out the newest alone without an answer', ['n1', 'n2'], {}, null, ['n2']],
    [
      'leaves out the newest alone where lines choose',
      ['n1', 'n2'],
      { extra_lines: ['#SBATCH -p x'] },
      three,
      ['n2'],
    ],
    ['leaves out none of the nodes that the user wants', ['n1'], { nodelist: 'n1' }, three, []],
    ['leaves out a node that is down now', ['n9'], {}, three, ['n9']],
  ])('%s', (_name, avoid, change, nodes, expected) => {
    expect(avoided(avoid, change, nodes)).toEqual(expected);
  });

  it('is bounded: the newest count', () => {
    const names = Array.from({ length: 30 }, (_, at) => `n${at}`);
    const nodes = parseNodes(names.map((name) => row(name)).join(''));
    expect(avoided(names.slice(0, 20), {}, nodes)).toEqual(names.slice(12, 20));
  });
});

it.each<[string, string[] | null]>([
  ['n1', ['n1']],
  ['n1,m2', ['n1', 'm2']],
  ['n[08-10,3]x,login', ['n08x', 'n09x', 'n10x', 'n3x', 'login']],
  ['r[1-2]n[1-2]', null],
  ['n[a-b]', null],
  ['n[2-1]', null],
])('expandNodes(%j)', (list, expected) => {
  expect(expandNodes(list)).toEqual(expected);
});
