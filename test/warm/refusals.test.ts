/** What is not imported ahead, and that units have it all the same; what siblings must not share. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createLocalBackend } from '../../src/executors/local/index.js';
import { statusesOf, type ScriptTest } from '../batch/scripts.js';
import { until } from '../support/until.js';
import { logOf, newGround, warmScriptOf, type Ground } from './warm-scripts.js';

/** A task in a folder of its own, with modules beside it; the folder goes with the ground. */
const taskWith = async (
  ground: Ground,
  modules: Record<string, string>,
  script: string,
  name = 'task',
): Promise<string> => {
  const folder = join(ground.root, '..', name);
  await mkdir(folder, { recursive: true });
  for (const [module, text] of Object.entries(modules))
    await writeFile(join(folder, `${module}.py`), `${text}\n`);
  await writeFile(join(folder, 'task.py'), `${script}\n`);
  return join(folder, 'task.py');
};

const OUT = "json.dump(seen, open(sys.argv[sys.argv.index('--out-json') + 1], 'w'))";

const seenBy = async (test: ScriptTest, index: number): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(test.file(index, 'metadiff.json'), 'utf8')) as Record<string, unknown>;

/** Each is a module, and why it is not imported ahead. */
const habits: Record<string, [text: string, reason: string]> = {
  threads: [
    'import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()',
    'starts a thread',
  ],
  sockets: ['import socket\nkept = socket.socket()', 'opens a file or a socket'],
  files: ["kept = open('/dev/null')", 'opens a file or a socket'],
  prints: ["print('hello')", 'prints'],
  warns: ["import sys\nsys.stderr.write('beware')", 'prints'],
  arguments: ['import sys\nfirst = sys.argv[0]', 'reads sys.argv'],
  argv: ['from sys import argv', 'keeps sys.argv'],
  folder: ['import os\nhere = os.getcwd()', 'reads the current folder'],
  generator: ['import random\nown = random.Random(1)', 'holds a generator of random numbers'],
  hooks: [
    'import builtins\nold = builtins.__import__\nbuiltins.__import__ = lambda *a, **k: old(*a, **k)',
    'replaces __import__',
  ],
  lazily: ['import helper\nhelper.load()', 'imports prints, which prints'],
  through: ['import prints', 'imports prints, which prints'],
  kills: [
    'import os\nif os.environ["FRACTAL_BATCH"].startswith("--"): os.kill(os.getpid(), 9)',
    'ends the process',
  ],
  fails: [
    'import os\nif os.environ["FRACTAL_BATCH"].startswith("--"): raise RuntimeError("not yet")',
    'cannot be imported',
  ],
};

it('a module that does what a unit would miss is imported by the units themselves', async () => {
  const ground = await newGround();
  const names = Object.keys(habits);
  const modules = {
    ...Object.fromEntries(Object.entries(habits).map(([name, [text]]) => [name, text])),
    // What its function imports is put down to the module that calls it; files are compared by their whole names.
    helper: "import importlib\ndef load(): return importlib.import_module('prints')",
    inspects: 'import inspect\ninspect.getabsfile(compile("0", "no/such/file", "exec"))',
    temporary: 'import tempfile\ntempfile.gettempdir()',
    // As a library's own thread does while it starts.
    momentary: [
      'import threading, time',
      'there = threading.Event()',
      'def hold():',
      "    with open('/dev/null'):",
      '        there.set()',
      '        time.sleep(0.03)',
      'threading.Thread(target=hold).start()',
      'there.wait()',
    ].join('\n'),
  };
  const script = [
    'import json, os, sys, decimal, helper, inspects, temporary, momentary',
    ...names.map((name) => `import ${name}`),
    `seen = {'parent': open('/proc/%d/comm' % os.getppid()).read(), 'decimal': decimal.__name__}`,
    `seen['argv'] = arguments.first == argv.argv[0] == sys.argv[0] == __file__`,
    `seen['cwd'] = folder.here == os.getcwd()`,
    OUT,
  ].join('\n');
  const task = await taskWith(ground, modules, script);
  const test = await warmScriptOf(task, ['', ''], { ground, lanes: 1 });
  expect(await test.run()).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 0, 1: 0 });
  for (const index of [0, 1]) {
    const seen = await seenBy(test, index);
    expect(seen).toMatchObject({ parent: expect.stringMatching(/^python/), argv: true, cwd: true });
    expect(await readFile(test.file(index, 'log.txt'), 'utf8')).toMatch(/^(hello\nbeware|bewarehello\n)$/);
  }
  const log = await logOf(ground);
  for (const [name, [, reason]] of Object.entries(habits))
    expect(log).toMatch(new RegExp(`not imported ahead: ${name}: ${reason}`));
  expect(log).not.toMatch(
    /not imported ahead: (json|decimal|random|threading|socket|importlib|helper|inspects|temporary|momentary):/,
  );
  expect(log).not.toContain('is started plainly');
});

it('a script for which no list works is started plainly, after a bounded number of tries', async () => {
  const ground = await newGround();
  const names = Array.from({ length: 9 }, (_, index) => `kills${index}`);
  const text = 'import os\nif os.environ["FRACTAL_BATCH"].startswith("--"): os.kill(os.getpid(), 9)';
  const script = `import json, os, sys\n${names.map((name) => `import ${name}`).join('\n')}\nseen = {'parent': open('/proc/%d/comm' % os.getppid()).read()}\n${OUT}`;
  const task = await taskWith(ground, Object.fromEntries(names.map((name) => [name, text])), script);
  const test = await warmScriptOf(task, ['', ''], { ground, lanes: 1 });
  expect(await test.run()).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 0, 1: 0 });
  for (const index of [0, 1]) expect(await seenBy(test, index)).toEqual({ parent: 'bash\n' });
  expect((await logOf(ground)).match(/ends the process/g)?.length).toBe(7);
});

it('units draw different random numbers, and others in every run', async () => {
  const ground = await newGround();
  const script = [
    'import json, multiprocessing, os, random, secrets, sys, tempfile, uuid',
    'seen = {"random": random.random(), "uuid": str(uuid.uuid4()), "system": secrets.token_hex(),',
    '  "own": random.Random().random(), "name": next(tempfile._get_candidate_names()),',
    '  "key": bytes(multiprocessing.current_process().authkey).hex()}',
    OUT,
  ].join('\n');
  const task = await taskWith(ground, {}, script);
  const drawn: Record<string, unknown>[] = [];
  for (let run = 0; run < 2; run += 1) {
    const test = await warmScriptOf(task, ['', '', '', ''], { ground, lanes: 2 });
    expect(await test.run()).toBe(0);
    for (const index of [0, 1, 2, 3]) drawn.push(await seenBy(test, index));
  }
  for (const kind of Object.keys(drawn[0] ?? {}))
    expect(new Set(drawn.map((one) => one[kind])).size, kind).toBe(drawn.length);
});

const whoIsParent = (module = ''): string =>
  `import json, os, sys${module && `, ${module}`}\nseen = {'parent': open('/proc/%d/comm' % os.getppid()).read().strip()[:6], 'text': ${module ? `${module}.text` : 'None'}}\n${OUT}`;

it('after a change on disk nothing is forked from what was loaded before', async () => {
  const ground = await newGround();
  const task = await taskWith(ground, { beside: "text = 'old'" }, whoIsParent('beside'));
  const once = async (): Promise<unknown[]> => {
    const test = await warmScriptOf(task, ['', ''], { ground, lanes: 1 });
    expect(await test.run()).toBe(0);
    return [await seenBy(test, 0), await seenBy(test, 1)];
  };
  expect(await once()).toEqual(Array(2).fill({ parent: 'python', text: 'old' }));
  await taskWith(ground, { beside: "text = 'newer'" }, whoIsParent('beside'));
  expect(await once()).toEqual([
    { parent: 'bash', text: 'newer' },
    { parent: 'python', text: 'newer' },
  ]);
});

it('a server that nobody uses ends and leaves nothing', async () => {
  const ground = await newGround();
  const task = await taskWith(ground, {}, whoIsParent());
  const test = await warmScriptOf(task, ['', ''], { ground, lanes: 1, limits: { idleSeconds: 1 } });
  expect(await test.run()).toBe(0);
  expect(await seenBy(test, 1)).toMatchObject({ parent: 'python' });
  await until('no server', async () => (await readdir(ground.root)).join() === 'lock');
});

it('where memory is short, what was not used for longest goes first, and never what has units', async () => {
  const ground = await newGround();
  const first = await taskWith(ground, {}, whoIsParent(), 'first');
  const waits = `${whoIsParent()}\nimport time\nwhile not os.path.exists(sys.argv[-1] + '.go'): time.sleep(0.02)`;
  const second = await taskWith(ground, {}, waits, 'second');
  const limits = { maxBytes: 1 };
  const one = await warmScriptOf(first, [''], { ground, lanes: 1, limits });
  expect(await one.run()).toBe(0);
  const two = await warmScriptOf(second, [''], { ground, lanes: 1, limits });
  const running = two.start();
  await until('a beginning', async () => (await logOf(ground)).includes(`${second} is ready`));
  await until('the end of the other', async () => (await logOf(ground)).includes('dropped for its memory'));
  await writeFile(`${two.file(0, 'metadiff.json')}.go`, '');
  expect(await running.ended).toBe(0);
  expect(statusesOf(await two.journals())).toEqual({ 0: 0 });
});

it("a task's meta decides, else request or worker", () => {
  const warmOf = (meta: object, warmStart: boolean, configured: boolean): boolean | undefined =>
    createLocalBackend({ stateDir: '/nowhere', queue: 'queue', maxUnits: 1, warmStart: configured }).layout({
      ...{ units: 1, workerInit: null, slurmAccount: null, userCacheDir: null },
      ...{ meta: meta as never, warmStart },
    }).warm;
  expect(warmOf({}, false, false)).toBe(undefined);
  expect(warmOf({}, true, false)).toBe(true);
  expect(warmOf({}, false, true)).toBe(true);
  expect(warmOf({ warm_start: null }, true, false)).toBe(true);
  expect(warmOf({ warm_start: true }, false, false)).toBe(true);
  expect(warmOf({ warm_start: false }, true, true)).toBe(undefined);
  expect(() => warmOf({ warm_start: 'no' }, true, true)).toThrow(/warm_start: expected true or false/);
});
