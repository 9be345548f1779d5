/** Many short units while everything around them is ended at random; docs/warm-start.md has figures of long runs. */
import { readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { statusesOf, type ScriptTest } from '../batch/scripts.js';
import { until } from '../support/until.js';
import { processTree, type Kind } from './process-tree.js';
import { sayingsOf, sayingTask } from './sayings.js';
import { newGround, serverProcesses, warmScriptOf, type Ground } from './warm-scripts.js';
import { kill } from '../support/kill.js';

const UNITS = Number(process.env['FRACTAL_WARM_STORM_UNITS'] ?? '120');
const SEED = Number(process.env['FRACTAL_WARM_SEED'] ?? '1');
/** A root that has died is replaced for the next batch only. */
const BATCH_UNITS = 20;
const LONG_MS = 3_600_000;

const randomNumbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

type Random = ReturnType<typeof randomNumbers>;

/** A root dies seldom, so that there is something to die. */
const DRAWN: Kind[] = [
  ...Array<Kind>(8).fill('stub'),
  ...Array<Kind>(8).fill('unit'),
  ...Array<Kind>(3).fill('node'),
  ...(['base', 'root'] as const),
];

/** Sends signals until `over`; how many each kind has had. */
const storm = async (
  random: Random,
  { ground, scripts, over }: { ground: Ground; scripts: number[]; over: () => boolean },
): Promise<Record<string, number>> => {
  const sent: Record<string, number> = {};
  while (!over()) {
    await sleep(5 + random(60));
    const kind = DRAWN[random(DRAWN.length)] ?? 'stub';
    const pool = processTree(ground, scripts)[kind];
    const victim = pool[random(Math.max(1, pool.length))];
    const signal = random(2) === 0 ? 'SIGTERM' : 'SIGKILL';
    const group = random(3) === 0;
    if (victim === undefined || over()) continue;
    const what = `${group ? 'group of ' : ''}${kind}`;
    if (kill(group ? -victim : victim, signal)) sent[what] = (sent[what] ?? 0) + 1;
  }
  return sent;
};

/** Each unit has one end, has begun once at most, and has done what its end says. */
const check = async (test: ScriptTest, task: string, units: number): Promise<number> => {
  const { ends } = await test.journals();
  const statuses = Object.entries(statusesOf(await test.journals()));
  expect(ends.size).toBe(units);
  expect(statuses.length).toBe(units);
  const sayings = await sayingsOf(task);
  const begun = sayings.filter(({ what }) => what === 'begun').map(({ unit }) => unit);
  expect(begun.length).toBe(new Set(begun).size);
  const done = new Set(sayings.filter(({ what }) => what === 'done').map(({ unit }) => unit));
  for (const [index, status] of statuses)
    if (status === 0) expect(done).toContain(`${test.stem(Number(index))}-args.json`);
  return statuses.filter(([, status]) => status === 0).length;
};

/** No process of a server has a unit's log any more. */
const noneIsLeft = (ground: Ground): Promise<void> =>
  until('the end of every unit', async () => {
    const pids = await serverProcesses(ground.root);
    const files = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/fd/1`).catch(() => '')));
    return files.every((file) => !file.endsWith('-log.txt'));
  });

it(
  'in a storm of signals no unit is lost, begun twice or left behind',
  async () => {
    const ground = await newGround();
    const random = randomNumbers(SEED);
    const total: Record<string, number> = {};
    let [units, well, warm] = [0, 0, 0];
    for (let round = 0; units < UNITS; round += 1) {
      // Two scripts of one environment: their server has a base.
      const tasks = await Promise.all(['one', 'two'].map((name) => sayingTask(ground, `${name}-${round}`)));
      const words = Array<string>(BATCH_UNITS).fill('');
      const tests = await Promise.all(tasks.map((task) => warmScriptOf(task, words, { ground, lanes: 2 })));
      const running = tests.map((test) => test.start());
      let over = false;
      const ended = Promise.all(running.map((one) => one.ended)).finally(() => {
        over = true;
      });
      const scripts = running.map(({ pid }) => pid);
      const sent = await storm(random, { ground, scripts, over: () => over });
      for (const [kind, count] of Object.entries(sent)) total[kind] = (total[kind] ?? 0) + count;
      expect(await ended, running.map((one) => one.stderr()).join('')).toEqual([0, 0]);
      for (const [index, test] of tests.entries()) {
        well += await check(test, tasks[index] ?? '', BATCH_UNITS);
        const sayings = await sayingsOf(tasks[index] ?? '');
        warm += sayings.filter(({ what, parent }) => what === 'begun' && parent !== 'bash').length;
        units += BATCH_UNITS;
      }
      await noneIsLeft(ground);
    }
    const signals = Object.values(total).reduce((sum, count) => sum + count, 0);
    expect(signals).toBeGreaterThan(0);
    expect(warm).toBeGreaterThan(0);
    process.stderr.write(
      `storm: ${units} units, ${warm} of them warm, ${signals} signals (${JSON.stringify(total)}); ${well} ended well\n`,
    );
  },
  LONG_MS,
);
