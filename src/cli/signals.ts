/** Ctrl-C, and SIGTERM as service managers send it. */

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interrupts {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Stop listening. */
  dispose(): void;
}

/** Listens until disposed. The first signal aborts `signal`; at the second the process ends at once. */
export const listenForInterrupts = (exitCodeAtSecond: number, onFirst: () => void): Interrupts => {
  const first = new AbortController();
  const listener = (): void => {
    if (first.signal.aborted) process.exit(exitCodeAtSecond);
    onFirst();
    first.abort();
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
