/**
 * Where an attempt of an activity can be stopped: every operation on files, processes and schedulers counts, and
 * after the n-th the attempt goes on no more, as the process of a killed worker would.
 *
 * Attempts are told apart by the asynchronous context in which they run; what runs in none is not counted.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { closeSync } from 'node:fs';
import type { World } from './world.js';

export type ErrorCode = 'ENOSPC' | 'EIO' | 'ESTALE';

/** What happens at the n-th operation of an attempt; `at` counts from 1. */
export type Trouble =
  | { kind: 'none' }
  /** It is carried out, and nobody hears of it. */
  | { kind: 'kill'; at: number }
  /** It fails, and so do the next ones. */
  | { kind: 'error'; at: number; code: ErrorCode };

/** A storage that fails is well again after so many operations, should the attempt still be trying. */
const ILL_FOR: Record<ErrorCode, number> = { ENOSPC: 40, EIO: 1, ESTALE: 40 };

/** What a full disk still allows. */
const NEEDS_NO_SPACE =
  /^(?:readFile|access|readdir|stat|lstat|realpath|readlink|unlink|rm|rmdir|rename|sync|read|close|open r)\b/;

/** No attempt of these small runs needs so many: one that does waits for something that never comes. */
const TOO_MANY_OPERATIONS = 3_000;

/** The same where processes are real: an attempt looks for them every few milliseconds, and the host may be busy. */
const TOO_MANY_REAL_OPERATIONS = 200_000;

const words: Record<ErrorCode, string> = {
  ENOSPC: 'no space left on device',
  EIO: 'i/o error',
  ESTALE: 'stale file handle',
};

interface Deferred {
  promise: Promise<void>;
  resolve(): void;
}

const deferred = (): Deferred => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

/** The end of this turn of the event loop. Not from `node:timers/promises`, which itself passes the seam. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const systemError = (code: ErrorCode, name: string): Error =>
  Object.assign(new Error(`${code}: ${words[code]}, ${name}`), { code });

const storage = new AsyncLocalStorage<Attempt>();

/** One attempt: stands for one worker process, from its start to its death. */
export class Attempt {
  /** What it has done, in order. */
  readonly operations: string[] = [];
  /** Its open files. */
  readonly descriptors = new Set<number>();
  private inFlight = 0;
  private stopped: Deferred | null = null;
  private readonly timers = new Set<NodeJS.Timeout>();
  private death = deferred();

  constructor(
    readonly world: World,
    private readonly trouble: Trouble = { kind: 'none' },
  ) {}

  /** Runs work as a part of this attempt. */
  run<T>(work: () => T): T {
    return storage.run(this, work);
  }

  get hangs(): boolean {
    return this.stopped !== null;
  }

  /** Resolves when the attempt is killed and what it had begun has come to its end. */
  async died(): Promise<'stopped'> {
    await this.death.promise;
    while (this.inFlight > 0) await turn();
    return 'stopped';
  }

  /** From now on nothing that the attempt waits for ever comes. */
  stop(): void {
    this.stopped ??= deferred();
    for (const timer of this.timers) clearInterval(timer);
    this.death.resolve();
  }

  /** A worker that was only frozen goes on where it was. */
  release(): void {
    const { stopped } = this;
    this.stopped = null;
    this.death = deferred();
    stopped?.resolve();
  }

  close(descriptor: number): void {
    this.descriptors.delete(descriptor);
    closeSync(descriptor);
  }

  /** For good: it hangs from now on, and what the system would take back from a dead process is given back. */
  bury(): void {
    this.stop();
    for (const descriptor of this.descriptors) this.close(descriptor);
  }

  keep(timer: NodeJS.Timeout): void {
    this.timers.add(timer);
  }

  /** Resolves while the attempt lives; else when it comes back to life. */
  async alive(): Promise<void> {
    while (this.stopped !== null) await this.stopped.promise;
  }

  async operation<T>(name: string, perform: () => Promise<T> | T): Promise<T> {
    await this.alive();
    const number = this.operations.push(name);
    if (this.exhausted) {
      this.stop();
      await this.alive();
    }
    this.failIfIll(number, name);
    this.inFlight += 1;
    try {
      return await perform();
    } finally {
      this.inFlight -= 1;
      if (this.trouble.kind === 'kill' && number === this.trouble.at) this.stop();
      await this.alive();
    }
  }

  /** The same for what cannot be waited for: whoever is stopped here hangs at the next operation. */
  instant<T>(name: string, perform: () => T): T {
    const number = this.operations.push(name);
    this.failIfIll(number, name);
    try {
      return perform();
    } finally {
      if (this.trouble.kind === 'kill' && number === this.trouble.at) this.stop();
    }
  }

  get exhausted(): boolean {
    const { virtualTime } = this.world;
    return this.operations.length > (virtualTime ? TOO_MANY_OPERATIONS : TOO_MANY_REAL_OPERATIONS);
  }

  private failIfIll(number: number, name: string): void {
    if (this.trouble.kind !== 'error') return;
    const { at, code } = this.trouble;
    if (number < at || number >= at + ILL_FOR[code]) return;
    // A command of the scheduler has no such error: it ends with a status.
    if (!name.includes(' ') || (code === 'ENOSPC' && NEEDS_NO_SPACE.test(name))) return;
    throw systemError(code, name);
  }
}

/** The attempt in which the caller runs; null outside of any. */
export const currentAttempt = (): Attempt | null => storage.getStore() ?? null;

/** Counts an operation of the current attempt; outside of any it is just done. */
export const operation = async <T>(name: string, perform: () => Promise<T> | T): Promise<T> => {
  const attempt = currentAttempt();
  return attempt === null ? perform() : attempt.operation(name, perform);
};
