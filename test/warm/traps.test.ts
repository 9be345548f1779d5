/** What a prototype of warm interpreters fell into and no other test shows; docs/warm-start.md has the whole list. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scriptOf, statusesOf, type ScriptTest } from '../batch/scripts.js';
import { until } from '../support/until.js';
import { interpreters } from './interpreters.js';
import {
  logOf,
  newGround,
  python,
  serverProcesses,
  taskFile,
  warmScriptOf,
  type Ground,
} from './warm-scripts.js';

const probe = taskFile('probe.py');

const serverFolders = async ({ root }: Ground): Promise<string[]> =>
  (await readdir(root)).filter((name) => name.length === 24).map((name) => join(root, name));

const rootOf = async (ground: Ground): Promise<number> => {
  const [folder = ''] = await serverFolders(ground);
  return Number((await readFile(join(folder, 'pid'), 'utf8')).split(' ')[0]);
};

const noServer = (ground: Ground): Promise<void> =>
  until('no process of a server', async () => (await serverProcesses(ground.root)).length === 0);

const outputOf = async <T>(test: ScriptTest, index: number): Promise<T> =>
  JSON.parse(await readFile(test.file(index, 'metadiff.json'), 'utf8')) as T;

it('an answer that comes in pieces is one answer', async () => {
  const ground = await newGround();
  // Makes the folder in which units of this kind look for their server.
  const first = await warmScriptOf(probe, [''], { ground, lanes: 1 });
  expect(await first.run()).toBe(0);
  process.kill(await rootOf(ground), 'SIGKILL');
  await noServer(ground);
  const [folder = ''] = await serverFolders(ground);
  spawn(python, [taskFile('slow_server.py'), folder], { stdio: 'ignore' });
  await until('a server that answers slowly', async () => {
    const pid = await rootOf(ground);
    return (await serverProcesses(ground.root)).includes(pid);
  });
  const test = await warmScriptOf(probe, [''], { ground, lanes: 1 });
  expect(await test.run()).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 3 });
});

it('a node whose root is killed ends, also when nobody asks it for anything', async () => {
  const ground = await newGround();
  const test = await warmScriptOf(probe, ['', ''], { ground, lanes: 1 });
  expect(await test.run()).toBe(0);
  expect((await serverProcesses(ground.root)).length).toBeGreaterThan(1);
  process.kill(await rootOf(ground), 'SIGKILL');
  await noServer(ground);
});

it('limits and niceness are those of the batch, whatever a server has that is there already', async () => {
  const ground = await newGround();
  const headers = [[], ['ulimit -S -n 512'], ['renice -n 5 $$ >/dev/null']];
  for (const header of headers) {
    const test = await warmScriptOf(probe, ['', ''], { ground, lanes: 1, header });
    expect(await test.run()).toBe(0);
    const plain = await scriptOf([''], { command: [python, probe], lanes: 1, header });
    expect(await plain.run()).toBe(0);
    const [seen, expected] = await Promise.all(
      [test, plain].map((one) => outputOf<{ limits: string[]; nice: number; parent: string }>(one, 0)),
    );
    expect(seen?.parent).toMatch(/^python/);
    expect([seen?.limits, seen?.nice]).toEqual([expected?.limits, expected?.nice]);
  }
  expect((await serverFolders(ground)).length).toBe(headers.length);
});

const THREAD = `import threading
def run():
    with open('/proc/thread-self/comm', 'w') as file:
        file.write('jemalloc_bg_thd')
    ready.set()
    threading.Event().wait()
ready = threading.Event()
threading.Thread(target=run, daemon=True).start()
ready.wait()
`;

it.each(interpreters)(
  'a harmless thread is left behind by the forks of Python %s without a word',
  async (_, interpreter) => {
    const ground = await newGround();
    const folder = join(ground.root, '..', 'thread');
    await mkdir(folder, { recursive: true });
    const task = join(folder, 'task.py');
    await writeFile(join(folder, 'starts.py'), THREAD);
    await writeFile(
      task,
      `import json, os, sys, starts
parent = open('/proc/%d/comm' % os.getppid()).read()[:6]
json.dump([parent, sorted(sys.modules)], open(sys.argv[sys.argv.index('--out-json') + 1], 'w'))
`,
    );
    const test = await warmScriptOf(task, ['', ''], { ground, lanes: 1, interpreter });
    expect(await test.run()).toBe(0);
    const plain = await scriptOf([''], { command: [interpreter, task], lanes: 1 });
    expect(await plain.run()).toBe(0);
    const [, modules] = await outputOf<[string, string[]]>(plain, 0);
    for (const index of [0, 1]) {
      expect(await outputOf(test, index)).toEqual(['python', modules]);
      expect(await readFile(test.file(index, 'log.txt'), 'utf8')).toBe('');
    }
    expect(await logOf(ground)).not.toContain('not imported ahead');
  },
);

const ARRAYS = `import json, os, random, sys, uuid
import numpy as np
import polars as pl
square = np.arange(250000.0).reshape(500, 500)
frame = pl.LazyFrame({'key': [1, 2, 1, 3] * 5000, 'value': list(range(20000))})
seen = {
    'parent': open('/proc/%d/comm' % os.getppid()).read().strip(),
    'product': float((square @ square.T).trace()),
    'sums': frame.group_by('key').agg(pl.col('value').sum()).sort('key').collect().to_dict(as_series=False),
    'state': np.random.get_state()[1].tobytes().hex(),
    'drawn': [np.random.random(), np.random.default_rng().random(), random.random(), str(uuid.uuid4())],
}
json.dump(seen, open(sys.argv[sys.argv.index('--out-json') + 1], 'w'))
`;

interface Seen {
  parent: string;
  product: number;
  sums: unknown;
  state: string;
  drawn: unknown[];
}

const ones = (nibble: number): number => [...nibble.toString(2)].filter((bit) => bit === '1').length;

/** Of all bits; two that have nothing to do with each other differ in half of them. */
const differing = (left: string, right: string): number =>
  [...left].reduce((sum, digit, at) => sum + ones(parseInt(digit, 16) ^ parseInt(right[at] ?? '0', 16)), 0) /
  (4 * left.length);

it('units compute with OpenBLAS and polars as plain ones do, and draw numbers that are as unlike each other', async () => {
  const ground = await newGround();
  const folder = join(ground.root, '..', 'arrays');
  await mkdir(folder, { recursive: true });
  const task = join(folder, 'task.py');
  await writeFile(task, ARRAYS);
  const seen: Seen[] = [];
  const units = ['', '', ''];
  for (let run = 0; run < 2; run += 1) {
    const test = await warmScriptOf(task, units, { ground, lanes: 2 });
    expect(await test.run()).toBe(0);
    for (const index of units.keys()) seen.push(await outputOf<Seen>(test, index));
  }
  const plain = await scriptOf(units, { command: [python, task], lanes: 1 });
  expect(await plain.run()).toBe(0);
  const expected: Seen[] = [];
  for (const index of units.keys()) expected.push(await outputOf<Seen>(plain, index));
  for (const { parent, product, sums } of seen) {
    expect(parent).toMatch(/^python/);
    expect([product, sums]).toEqual([expected[0]?.product, expected[0]?.sums]);
  }
  // Both libraries start threads; nothing of them is left to the units.
  expect(await logOf(ground)).not.toMatch(/not imported ahead: (numpy|polars)/);
  const all = [...seen, ...expected];
  for (const [one, left] of all.entries()) {
    for (const right of all.slice(one + 1)) {
      expect(Math.abs(differing(left.state, right.state) - 0.5)).toBeLessThan(0.05);
      for (const [at, number] of left.drawn.entries()) expect(number).not.toEqual(right.drawn[at]);
    }
  }
});
