/** Time in which a killed attempt stands still, and which in a world of its own costs none; for `vi.mock`. */
import { currentAttempt, turn } from './seam.js';

type Sleep = (ms?: number, value?: unknown, options?: { signal?: AbortSignal }) => Promise<unknown>;

const TURNS_OF_A_PAUSE = 6;

/** Longer than what processes of these runs need for a step. */
const LONGEST_REAL_PAUSE_MS = 20;

/** `setTimeout` of `node:timers/promises`: passes the world's time where it has one of its own. */
export const seamSleep =
  (sleep: Sleep): Sleep =>
  async (ms = 0, value, options) => {
    const attempt = currentAttempt();
    if (attempt === null) return sleep(ms, value, options);
    await attempt.alive();
    if (attempt.world.virtualTime) {
      options?.signal?.throwIfAborted();
      attempt.world.pass(ms);
      // Long enough for what others do meanwhile: who waits a while for an answer gets it.
      for (let left = TURNS_OF_A_PAUSE; left > 0; left -= 1) await turn();
      options?.signal?.throwIfAborted();
    } else {
      const shortened = Math.min(ms, LONGEST_REAL_PAUSE_MS);
      await sleep(shortened, value, options);
      attempt.world.advance(ms - shortened);
    }
    await attempt.alive();
    return value;
  };

/** The clock of this host, whatever an attempt is told. */
export const realNow = Date.now;
const realSetTimeout = globalThis.setTimeout as (...args: unknown[]) => NodeJS.Timeout;
const realClearTimeout = globalThis.clearTimeout;
const realPerformanceNow = performance.now.bind(performance);
const realSetInterval = globalThis.setInterval as (...args: unknown[]) => NodeJS.Timeout;

/** Lets the world's clock speak wherever an attempt asks for the time; intervals of a killed attempt end. */
export const installClocks = (): void => {
  Date.now = () => currentAttempt()?.world.now() ?? realNow();
  performance.now = () => currentAttempt()?.world.now() ?? realPerformanceNow();
  globalThis.setInterval = (...args: unknown[]) => {
    const timer = realSetInterval(...args);
    currentAttempt()?.keep(timer);
    return timer;
  };
  globalThis.setTimeout = ((callback: () => void, ms = 0, ...args: unknown[]) => {
    const world = currentAttempt()?.world;
    if (world?.virtualTime !== true) return realSetTimeout(callback, ms, ...args);
    return setImmediate(() => {
      world.pass(ms);
      callback();
    });
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: NodeJS.Timeout | NodeJS.Immediate | undefined) => {
    if (timer !== undefined && timer.constructor.name === 'Immediate')
      clearImmediate(timer as NodeJS.Immediate);
    else realClearTimeout(timer as NodeJS.Timeout);
  }) as typeof clearTimeout;
};

/** `p-limit` whose every limit is one per process: a slot that a killed worker held is not missing in the next one. */
export const seamLimit =
  <L extends (work: () => unknown, ...args: unknown[]) => Promise<unknown>>(pLimit: (n: number) => L) =>
  (concurrency: number): L => {
    const outside = pLimit(concurrency);
    const limits = new WeakMap<object, L>();
    const mine = (): L => {
      const attempt = currentAttempt();
      if (attempt === null) return outside;
      const limit = limits.get(attempt) ?? pLimit(concurrency);
      limits.set(attempt, limit);
      return limit;
    };
    return new Proxy(outside, {
      apply: (_target, _self, args: unknown[]) => Reflect.apply(mine(), undefined, args) as unknown,
      get: (_target, name) => Reflect.get(mine(), name) as unknown,
    });
  };
