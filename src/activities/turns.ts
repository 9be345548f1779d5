/** Heavy work takes turns, so many at once; what only waits for somebody else (a scheduler, a late file) does so aside. */
import { AsyncLocalStorage } from 'node:async_hooks';

interface Turn {
  /** Waits under way aside, at once: the turn is away as long as there is one. */
  aside: number;
  give(): void;
  take(): Promise<void>;
}

const current = new AsyncLocalStorage<Turn>();

/** Runs work as soon as it is its turn, in the order of asking. */
export const takeTurns = (atOnce: number): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let free = atOnce;
  const waiting: (() => void)[] = [];
  const take = async (): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((begin) => waiting.push(begin));
  };
  const give = (): void => {
    const begin = waiting.shift();
    if (begin === undefined) free += 1;
    else begin();
  };
  return async (work) => {
    await take();
    try {
      return await current.run({ aside: 0, give, take }, work);
    } finally {
      give();
    }
  };
};

/** Waits without a turn, and takes one again afterwards; plainly where nobody has one. */
export const aside = async <T>(wait: () => Promise<T>): Promise<T> => {
  const turn = current.getStore();
  if (turn === undefined) return wait();
  turn.aside += 1;
  if (turn.aside === 1) turn.give();
  try {
    return await wait();
  } finally {
    turn.aside -= 1;
    if (turn.aside === 0) await turn.take();
  }
};
