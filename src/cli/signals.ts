/** Ctrl-C, and SIGTERM as service managers send it. */

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupts {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Stop listening. */
  dispose(): void;
}

/** What becomes of a process that has been told to end and does not. */
export interface LastResort {
  afterMs: number;
  /** Says so; the process ends with code 0 after it. */
  say(): void;
}

/**
 * Listens until disposed. The first signal aborts `signal`; at the second the process ends at once. With `lastResort`
 * it ends some time after the first, whatever hangs.
 */
export const listenForInterrupts = (
  exitCodeAtSecond: number,
  onFirst: () => void,
  lastResort?: LastResort,
): Interrupts => {
  const first = new AbortController();
  const listener = (): void => {
    if (first.signal.aborted) process.exit(exitCodeAtSecond);
    onFirst();
    first.abort();
    if (lastResort === undefined) return;
    const { afterMs, say } = lastResort;
    setTimeout(() => {
      say();
      process.exit(0);
    }, afterMs).unref();
  };
  for (const name of names) process.on(name, listener);
  return {
    signal: first.signal,
    dispose: () => {
      for (const name of names) process.off(name, listener);
    },
  };
};

/** Resolves when `signal` is aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** What `work` resolves to, or null as soon as `signal` is aborted: what it goes on with is then left alone. */
export const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> => {
  // Nobody hears of its failure once it is left alone.
  work.catch(() => undefined);
  return Promise.race([work, aborted(signal).then(() => null)]);
};

/** Waits, but not beyond an abort. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      // eslint-disable-next-line @typescript-eslint/no-use-before-define -- the two name each other
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
