import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPoller, type Poller } from '../../../../src/executors/slurm/commands/poller.js';
import type { CommandEnd } from '../../../../src/executors/slurm/commands/sbatch.js';
import { said } from '../fake-cluster.js';

let starts: number[];
let answer: () => Promise<CommandEnd>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  starts = [];
  answer = () => Promise.resolve(said('1|RUNNING|None|n1|mine\n'));
});
afterEach(() => {
  vi.useRealTimers();
});

/** `random` 0.5 is no jitter. */
const poller = (random = 0.5): Poller =>
  createPoller({
    commands: {
      ask: () => {
        starts.push(performance.now());
        return answer();
      },
      start: () => Promise.reject(new Error('a poller submits nothing')),
    },
    user: 'ann',
    intervalSeconds: 10,
    commandTimeoutSeconds: 40,
    random: () => random,
  });

/** The answer, after all timers that it takes. */
const answered = async <T>(wait: Promise<T>): Promise<T> => {
  let done = false;
  void wait.then(() => (done = true));
  for (let step = 0; !done && step < 10_000; step++) await vi.advanceTimersByTimeAsync(100);
  return wait;
};

describe('createPoller', () => {
  it('polls for nobody', async () => {
    const { latest, after } = poller();
    await vi.advanceTimersByTimeAsync(100_000);
    expect(starts).toEqual([]);
    expect(latest()).toBeNull();
    await answered(after(0, false));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(starts).toHaveLength(1);
    expect(latest()?.rows).toHaveLength(1);
  });

  it('answers any number of questions with one squeue per interval', async () => {
    const { after } = poller();
    const start = performance.now();
    for (let second = 0; second < 59; second++) {
      for (let job = 0; job < 200; job++) void after(performance.now(), false);
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(starts.map((at) => at - start)).toEqual([0, 10_000, 20_000, 30_000, 40_000, 50_000]);
  });

  it('gives a round that started no earlier than asked', async () => {
    const { after } = poller();
    const first = await answered(after(0, false));
    const asked = performance.now() + 1;
    await vi.advanceTimersByTimeAsync(1);
    await answered(after(asked, false));
    expect(starts).toHaveLength(2);
    expect(starts[1]).toBeGreaterThanOrEqual(asked);
    expect(first.startedAt).toBe(starts[0]);
  });

  it('does not take a round that is under way for one that started later', async () => {
    let finish: (end: CommandEnd) => void = () => undefined;
    answer = () => new Promise((resolve) => (finish = resolve));
    const { after } = poller();
    const first = after(0, false);
    await vi.advanceTimersByTimeAsync(50);
    const second = after(performance.now(), false);
    finish(said(''));
    expect((await answered(first)).rows).toEqual([]);
    answer = () => Promise.resolve(said('1|RUNNING|None|n1|mine\n'));
    await answered(second);
    expect((await second).rows).toHaveLength(1);
  });

  it('comes sooner for look-ups, but not in a loop', async () => {
    const { after } = poller();
    await answered(after(0, false));
    for (let look = 0; look < 3; look++) await answered(after(performance.now() + 1, true));
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    expect(gaps).toEqual([2000, 2000, 2000]);
  });

  it.each([
    [0, 8000],
    [1, 12_000],
  ])('keeps workers apart: random %f', async (random, gap) => {
    const { after } = poller(random);
    await answered(after(0, false));
    await answered(after(performance.now() + 1, false));
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(gap);
  });

  it.each([
    [3000, 30_000],
    [40_000, 60_000],
  ])('backs off when the answer is slow: %i ms', async (duration, gap) => {
    answer = () => new Promise((resolve) => setTimeout(resolve, duration, said('')));
    const { after } = poller();
    await answered(after(0, false));
    await answered(after(performance.now(), true));
    expect((starts[1] ?? 0) - (starts[0] ?? 0)).toBe(gap);
  });

  it.each<[CommandEnd, RegExp]>([
    [
      said('', 1, 'x\nslurm_load_jobs error: Connection reset by peer\n'),
      /squeue failed \(status 1\): slurm_load_jobs error: Connection/,
    ],
    [{ ...said(''), exitCode: null, cutShort: 'timeout' }, /did not answer within 40 s/],
    [said('hello\n'), /something else: hello/],
  ])('says why there is no answer: %j', async (end, words) => {
    answer = () => Promise.resolve(end);
    const round = await answered(poller().after(0, false));
    expect(round.rows).toBeNull();
    expect(round.error).toMatch(words);
  });
});
