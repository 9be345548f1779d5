/** What becomes of units when something on the way to them, or they themselves, are ended. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scriptBody, warmScriptBody } from '../../src/batch/script-body.js';
import { scriptOf, statusesOf, type ScriptTest } from '../batch/scripts.js';
import { until, untilFile } from '../support/until.js';
import { newGround, python, serverProcesses, taskFile, warmScriptOf } from './warm-scripts.js';

const probe = taskFile('probe.py');

/** Waits for a file `go`, and tells its own process. */
const BUSY = [
  'import time, pathlib as p',
  "here = p.Path(sys.argv[-1]).parent.parent; (here / 'pid').write_text(str(os.getpid()))",
  "while not (here / 'go').exists(): time.sleep(0.02)",
  "print('done')",
].join('\n');

const parentOf = async (pid: string): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '';
};

const pidOf = async (test: ScriptTest): Promise<string> => {
  await until('the pid of a unit', async () => {
    await untilFile(test.here('pid'));
    return (await readFile(test.here('pid'), 'utf8')) !== '';
  });
  return readFile(test.here('pid'), 'utf8');
};

it('without being asked for, the script is what it was before there were warm interpreters', async () => {
  const read = (name: string) => readFile(new URL(`../../src/batch/${name}`, import.meta.url), 'utf8');
  const files = ['launchers/exec.sh', 'ownership.sh', 'cores.sh', 'lanes.sh'];
  let expected = (await read('batch.sh')).replaceAll(/^#warm .*\n/gm, '');
  for (const file of files) {
    const text = await read(file);
    expected = expected.replace(`#include ${file}\n`, () => `${text}\n`);
  }
  expect(scriptBody).toBe(expected);
  expect(scriptBody).not.toContain('warm');
  expect(warmScriptBody).toContain('ft_warm_open\n\nft_main\n');
});

it('a node that is killed interrupts its unit, and no other', async () => {
  const test = await warmScriptOf(probe, [BUSY, ''], { ground: await newGround(), lanes: 1 });
  const running = test.start();
  process.kill(Number(await parentOf(await pidOf(test))), 'SIGKILL');
  expect(await running.ended).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: null, 1: 0 });
  expect(await test.journal()).toMatch(/^E 0 - /m);
});

it('a root that is killed costs nothing: its units go on, those after them are started plainly', async () => {
  const ground = await newGround();
  const test = await warmScriptOf(probe, [BUSY, ''], { ground, lanes: 1 });
  const running = test.start();
  await pidOf(test);
  const [name = ''] = (await readdir(ground.root)).filter((entry) => entry.length === 24);
  const [root = ''] = (await readFile(join(ground.root, name, 'pid'), 'utf8')).split(' ');
  process.kill(Number(root), 'SIGKILL');
  await writeFile(test.here('go'), '');
  expect(await running.ended).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 0, 1: 0 });
  const seen: unknown = JSON.parse(await readFile(test.file(1, 'metadiff.json'), 'utf8'));
  expect(seen).toMatchObject({ parent: 'bash' });
});

/** The youngest shell of the script: a stub. */
const stubOf = (test: ScriptTest): Promise<number> =>
  new Promise((resolve) => {
    execFile('pgrep', ['-f', test.batch.paths.script], (_, stdout) => {
      resolve(Math.max(...stdout.trim().split('\n').map(Number)));
    });
  });

it('a stub that is killed ends its unit', async () => {
  const test = await warmScriptOf(probe, [BUSY], { ground: await newGround(), lanes: 1 });
  const running = test.start();
  const pid = await pidOf(test);
  process.kill(await stubOf(test), 'SIGKILL');
  expect(await running.ended).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 137 });
  await until(
    'the end of the unit',
    async () => (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) === '',
  );
});

it('a signal to a stub alone reaches its unit, whose own end counts', async () => {
  const units = [`signal.signal(15, lambda *_: sys.exit(5))\n${BUSY}`];
  const test = await warmScriptOf(probe, units, { ground: await newGround(), lanes: 1 });
  const running = test.start();
  await pidOf(test);
  process.kill(await stubOf(test), 'SIGTERM');
  expect(await running.ended).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 5 });
});

it('words with a tab in them are started plainly', async () => {
  const command = [python, probe, 'a\tb'];
  const test = await warmScriptOf(probe, ['', ''], { ground: await newGround(), lanes: 1, command });
  expect(await test.run()).toBe(0);
  const seen: unknown = JSON.parse(await readFile(test.file(1, 'metadiff.json'), 'utf8'));
  expect(seen).toMatchObject({ parent: 'bash', argv: expect.arrayContaining(['a\tb']) });
});

it('a server within its job ends with it and leaves nothing', async () => {
  const ground = await newGround();
  await mkdir(ground.root, { recursive: true });
  const test = await scriptOf(['', '', ''], {
    ...{ command: [python, probe], lanes: 1 },
    warm: { kind: 'job', cacheFolder: ground.cacheFolder },
  });
  expect(await test.run('1', 0, { TMPDIR: ground.root })).toBe(0);
  expect(statusesOf(await test.journals())).toEqual({ 0: 0, 1: 0, 2: 0 });
  const seen: { parent: string } = JSON.parse(await readFile(test.file(2, 'metadiff.json'), 'utf8'));
  expect(seen.parent).toMatch(/^python/);
  await until('no process of the server', async () => (await serverProcesses(ground.root)).length === 0);
  expect(await readdir(ground.root)).toEqual([]);
});

it('what a script has loaded is noted for the next server, also where all of it was imported ahead', async () => {
  const ground = await newGround();
  const test = await warmScriptOf(probe, [''], { ground, lanes: 1 });
  expect(await test.start().ended).toBe(0);
  await until('a note of the script', async () => {
    const texts = await Promise.all(
      (await readdir(ground.cacheFolder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
        .map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8')),
    );
    return texts.some((text) => text.includes(`S\t${probe}`));
  });
});
