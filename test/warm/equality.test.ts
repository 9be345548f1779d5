import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { scriptOf, statusesOf, type ScriptTest } from '../batch/scripts.js';
import { interpreters } from './interpreters.js';
import { newGround, python, taskFile, warmScriptOf } from './warm-scripts.js';

const probe = taskFile('probe.py');

/** A text or JSON of a unit, without what names its own batch. */
const neutral = <T>(value: T, test: ScriptTest): T =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(test.here('').slice(0, -1), '$here')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '$batch')
      .replaceAll(/ at 0x[0-9a-f]+/g, ' at $address'),
  ) as T;

const outputOf = async (test: ScriptTest, index: number): Promise<{ parent: string }> =>
  neutral(JSON.parse(await readFile(test.file(index, 'metadiff.json'), 'utf8')) as { parent: string }, test);

const logOf = async (test: ScriptTest, index: number): Promise<string> =>
  neutral(await readFile(test.file(index, 'log.txt'), 'utf8'), test);

/** The same units, started plainly and from a warm interpreter. */
const both = async (
  units: string[],
  interpreter = python,
): Promise<{ plain: ScriptTest; warm: ScriptTest }> => {
  const plain = await scriptOf(units, { command: [interpreter, probe], lanes: 1 });
  const warm = await warmScriptOf(probe, units, { ground: await newGround(), lanes: 1, interpreter });
  expect(await plain.run()).toBe(0);
  expect(await warm.run()).toBe(0);
  return { plain, warm };
};

const found = interpreters.map(([version]) => version).join(', ');
console.log(`warm units: interpreters of this machine that are tried: ${found}`);

it.each([['of the tests', python], ...interpreters])(
  'a warm unit of Python %s sees of itself what a plain one sees, but for its parent',
  async (_, interpreter) => {
    const { plain, warm } = await both(['', ''], interpreter);
    for (const index of [0, 1]) {
      const expected = await outputOf(plain, index);
      const seen = await outputOf(warm, index);
      expect([expected.parent, seen.parent.slice(0, 6)]).toEqual(['bash', 'python']);
      expect({ ...seen, parent: 'bash' }).toEqual(expected);
    }
  },
);

const FATAL = 'import ctypes; ctypes.string_at(0)';
/** What `-X faulthandler` and core dumps would add is off in both. */
const ends: [what: string, run: string][] = [
  ['no code', 'sys.exit()'],
  ['None', 'sys.exit(None)'],
  ['zero', 'sys.exit(0)'],
  ['a code', 'sys.exit(3)'],
  ['True', 'sys.exit(True)'],
  ['a text', "sys.exit('gives up')"],
  ['a negative code', 'sys.exit(-1)'],
  ['a list', 'sys.exit([1, 2])'],
  ['a code that is too large', 'sys.exit(263)'],
  ['os._exit', "sys.stdout.write('lost'); os._exit(4)"],
  ['an exception', "raise ValueError('no such plate: é')"],
  ['an exception in a function', 'def f(n): return 1 / n\nf(0)'],
  ['a chained exception', "try:\n  {}['a']\nexcept KeyError as e:\n  raise RuntimeError('b') from e"],
  ['an exception while one is handled', "try:\n  {}['a']\nexcept KeyError:\n  int('x')"],
  ['an exception with a note', "e = ValueError('a')\nif hasattr(e, 'add_note'): e.add_note('b')\nraise e"],
  ['a syntax error', "exec('a b')"],
  ['KeyboardInterrupt', 'raise KeyboardInterrupt'],
  ['GeneratorExit', 'raise GeneratorExit'],
  ['argparse', "import argparse; argparse.ArgumentParser().parse_args(['--nonsense'])"],
  ['SIGTERM', 'os.kill(os.getpid(), 15); import time; time.sleep(9)'],
  ['SIGINT', 'os.kill(os.getpid(), 2); import time; time.sleep(9)'],
  ['SIGHUP', 'os.kill(os.getpid(), 1); import time; time.sleep(9)'],
  ['SIGKILL', 'os.kill(os.getpid(), 9)'],
  ['SIGPIPE', 'r, w = os.pipe(); os.close(r); os.write(w, b"x")'],
  ['abort', 'os.abort()'],
  ['a segmentation fault', FATAL],
  ['a handled SIGTERM', "signal.signal(15, lambda *_: sys.exit(5)); os.kill(os.getpid(), 15); print('x')"],
  ['an excepthook', "sys.excepthook = lambda *a: print('hook', a[0].__name__); 1 / 0"],
  ['an excepthook that fails', "def hook(*a): raise TypeError('h')\nsys.excepthook = hook\n1 / 0"],
  ['atexit', "import atexit; atexit.register(print, 'last'); print('first')"],
  ['atexit that fails', "import atexit; atexit.register(lambda: 1 / 0); print('first')"],
  ['a thread that goes on', "t = threading.Timer(0.2, print, ['late']); t.start(); print('end')"],
  ['a daemon thread', 'threading.Thread(target=threading.Event().wait, daemon=True).start()'],
  ['an exception in a thread', 'threading.Thread(target=lambda: 1 / 0, name="t").start()'],
  ['a file left open', "f = open(sys.argv[-1] + '.txt', 'w'); f.write('a'); print('b', end='')"],
  [
    'what is written in turns',
    "print('1'); print('2', file=sys.stderr); os.write(1, b'3'); print('4', flush=True)",
  ],
  ['a warning', "import warnings; warnings.warn('w'); warnings.warn('w')"],
  ['logging', "import logging; logging.warning('l'); logging.getLogger('x').error('y')"],
  [
    'a child process',
    "import subprocess; subprocess.run(['sh', '-c', 'echo $FRACTAL_BATCH; exit 3'], check=True)",
  ],
  [
    'a fork',
    "p = os.fork()\nif p == 0: print('child'); sys.exit(7)\nprint(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]))",
  ],
  ['exec', "os.execvp('sh', ['sh', '-c', 'echo in the shell; exit 9'])"],
  [
    'a process pool',
    'import concurrent.futures as c\nwith c.ProcessPoolExecutor(2) as p: print(sum(p.map(abs, [-1, 2])))',
  ],
  [
    'a spawned process',
    "import multiprocessing as m; p = m.get_context('spawn').Process(target=print, args=('s',)); p.start(); p.join()",
  ],
  ['a class of the script', 'import pickle\nclass C: pass\nprint(type(pickle.loads(pickle.dumps(C()))))'],
  [
    'a module beside the script',
    'import neighbour; print(neighbour.__name__, os.path.basename(neighbour.__file__))',
  ],
  ['a recursion without end', 'def f(): f()\ntry: f()\nexcept RecursionError as e: print(e)'],
  ['a stack', 'import traceback; print(len(traceback.extract_stack()) < 5)'],
];

describe('ends and logs are those of a plain start', () => {
  it('each way to end', async () => {
    const units = ends.map(([, run]) => run);
    const { plain, warm } = await both(units);
    const story = async (test: ScriptTest): Promise<Record<string, unknown>> => {
      const statuses = statusesOf(await test.journals());
      const entries = ends.map(
        async ([what], index) => [what, [statuses[index], await logOf(test, index)]] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    };
    expect(await story(warm)).toEqual(await story(plain));
    for (const index of units.keys()) expect((await outputOf(warm, index)).parent).toMatch(/^python/);
  }, 300_000);
});
